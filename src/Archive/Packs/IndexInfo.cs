namespace TfeBackup.Archive.Packs;

/// <summary>The first line of an index: which backup it is of, and on which history of the database its parts were compared.</summary>
public sealed record IndexInfo
{
    /// <summary>The version of the format this code writes and reads.</summary>
    public const int CurrentFormat = 2;

    /// <summary>The format's version.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The backup's id.</summary>
    public required string Id { get; init; }

    /// <summary>The segment's number from 0; null for the index of a whole backup.</summary>
    public int? Segment { get; init; }

    /// <summary>When the backup began; written in UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The installation's name.</summary>
    public required string Installation { get; init; }

    /// <summary>The name of the repository's key, its recipient.</summary>
    public required string Key { get; init; }

    /// <summary>The version of the product that ran there.</summary>
    public required string ProductVersion { get; init; }

    /// <summary>The version of its PostgreSQL server.</summary>
    public required string PostgresVersion { get; init; }

    /// <summary>True if the objects of the installation's object store are in the backup.</summary>
    public required bool ObjectsIncluded { get; init; }

    /// <summary>Names of objects that settings left out: keys, or beginnings of keys that end in a slash; null where none were.</summary>
    public IReadOnlyList<string>? ExcludedObjects { get; init; }

    /// <summary>The history of the database; null where it could not be read, so that the next backup reads everything.</summary>
    public DatabaseHistory? Database { get; init; }

    /// <summary>Identifies the object store that versions of objects hold in; null where nothing does, so that the next backup reads everything.</summary>
    public string? ObjectStore { get; init; }
}
