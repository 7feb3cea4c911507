using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Retention;

/// <summary>What retention did, or would do. Lists end after 100 entries; counts do not.</summary>
public sealed record RetentionReport
{
    /// <summary>Whether nothing was removed because nothing was to be.</summary>
    public bool DryRun { get; init; }

    /// <summary>How many backups are kept.</summary>
    public int KeptCount { get; init; }

    /// <summary>The kept ones with the rules that keep them, newest first.</summary>
    public IReadOnlyList<RetentionEntry> Kept { get; init; } = [];

    /// <summary>How many were removed.</summary>
    public int RemovedCount { get; init; }

    /// <summary>The removed ones, newest first.</summary>
    public IReadOnlyList<BackupKey> Removed { get; init; } = [];

    /// <summary>The ones that should have gone and stay for now, each with the reason: immutable, in use.</summary>
    public IReadOnlyList<RetentionEntry> Refused { get; init; } = [];

    /// <summary>Data without a record that was removed.</summary>
    public IReadOnlyList<BackupKey> Orphans { get; init; } = [];

    /// <summary>Bytes of everything that was removed.</summary>
    public long Bytes { get; init; }
}
