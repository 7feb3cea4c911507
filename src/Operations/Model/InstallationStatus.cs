namespace TfeBackup.Operations.Model;

/// <summary>The status of an installation.</summary>
public sealed record InstallationStatus
{
    /// <summary>True if it can be backed up, restored into, and used, now.</summary>
    public required bool Ready { get; init; }

    /// <summary>
    /// One line for an operator: which endpoint answered what, or why none did ("GET https://…/readiness: 503, database: ERROR").
    /// </summary>
    public required string Detail { get; init; }

    /// <summary>True if the application is draining: finishing its work, taking no more.</summary>
    public bool Draining { get; init; }

    /// <summary>True if it holds data that a restore would replace.</summary>
    public InstallationContent Content { get; init; }

    /// <summary>How many bytes of objects a restore can stage there; null where nothing limits it or it does not say.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>The product's version, where the service says it.</summary>
    public string? ProductVersion { get; init; }
}
