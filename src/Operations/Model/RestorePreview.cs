namespace TfeBackup.Operations.Model;

/// <summary>The plan of a restore: its source, its target and its effects.</summary>
public sealed record RestorePreview
{
    /// <summary>The backup that is restored.</summary>
    public required BackupKey Backup { get; init; }

    /// <summary>When it was begun (UTC): the target will hold nothing newer.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>Its age when this was made, in seconds.</summary>
    public required long AgeSeconds { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>True if it holds the objects, too.</summary>
    public required bool ObjectsIncluded { get; init; }

    /// <summary>Its last check; null if there was none since it was published.</summary>
    public LastCheck? LastCheck { get; init; }

    /// <summary>The backups that <c>latest</c> skipped, and why; null if none.</summary>
    public string? Note { get; init; }

    /// <summary>The installation that it is restored into.</summary>
    public required string Target { get; init; }

    /// <summary>What that says of itself.</summary>
    public required string TargetStatus { get; init; }

    /// <summary>True if it is ready. A restore waits until it is.</summary>
    public required bool TargetReady { get; init; }

    /// <summary>What it holds.</summary>
    public required InstallationContent TargetContent { get; init; }

    /// <summary>True if what it holds may be replaced.</summary>
    public required bool Overwrites { get; init; }

    /// <summary>True if a safety backup of what it holds comes first.</summary>
    public required bool SafetyBackup { get; init; }

    /// <summary>True if an operator has to approve first.</summary>
    public required bool RequiresApproval { get; init; }

    /// <summary>The constraints that are put back <c>NOT VALID</c>; null for none.</summary>
    public IReadOnlyList<string>? NotValid { get; init; }

    /// <summary>How the application is restarted afterwards; null where an operator does it by hand.</summary>
    public string? Restart { get; init; }

    /// <summary>Why the restore is refused as things are; null if it is not.</summary>
    public OperationFailure? Refusal { get; init; }
}
