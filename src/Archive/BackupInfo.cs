namespace TfeBackup.Archive;

/// <summary>The content of <c>backup.json</c>, the first entry of every backup.</summary>
public sealed record BackupInfo
{
    /// <summary>The version of the format this code writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The format's version.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The backup's id.</summary>
    public required string Id { get; init; }

    /// <summary>When the backup began; written in UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The installation's name.</summary>
    public required string Installation { get; init; }

    /// <summary>The version of the product that ran there.</summary>
    public required string ProductVersion { get; init; }

    /// <summary>The version of its PostgreSQL server.</summary>
    public required string PostgresVersion { get; init; }

    /// <summary>True if the objects of the installation's object store are in the backup.</summary>
    public required bool ObjectsIncluded { get; init; }

    /// <summary>Names of objects that settings left out: keys, or beginnings of keys that end in a slash; null where none were.</summary>
    public IReadOnlyList<string>? ExcludedObjects { get; init; }
}
