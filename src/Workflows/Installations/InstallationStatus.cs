namespace TfeBackup.Workflows.Installations;

/// <summary>What an installation says about itself at one moment.</summary>
public sealed record InstallationStatus
{
    /// <summary>Whether it can be backed up, restored into, and used, now.</summary>
    public required bool Ready { get; init; }

    /// <summary>
    /// One line for an operator: which endpoint answered what, or why none did ("GET https://…/readiness: 503, database: ERROR").
    /// </summary>
    public required string Detail { get; init; }

    /// <summary>Whether the application is draining: finishing its work, taking no more.</summary>
    public bool Draining { get; init; }

    /// <summary>Whether it holds data that a restore would replace.</summary>
    public InstallationContent Content { get; init; }

    /// <summary>The product's version, where the service says it.</summary>
    public string? ProductVersion { get; init; }
}
