using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Retention;

/// <summary>Asks to remove the backups of an installation that need not be kept.</summary>
/// <param name="Installation">Which installation.</param>
/// <param name="DryRun">True to report what would be removed, without removing it.</param>
/// <param name="Due">When it was due (UTC); null where an operator asked for it.</param>
/// <param name="WaitUntil">Of a scheduled one that is late: how long it waits for another operation that is in its way, in place of being skipped (UTC).</param>
public sealed record RetentionInput(string Installation, bool DryRun, DateTimeOffset? Due = null, DateTimeOffset? WaitUntil = null);

/// <param name="Installation">Which installation.</param>
/// <param name="Policy">Null to take the configured one.</param>
/// <param name="DryRun">True to report what would be removed, without removing it.</param>
internal sealed record PruneInput(string Installation, RetentionPolicy? Policy, bool DryRun);

/// <summary>The backups that retention kept and removed, or would. Lists end after 100 entries; counts do not.</summary>
public sealed record RetentionReport
{
    /// <summary>True if nothing was removed because nothing was to be.</summary>
    public bool DryRun { get; init; }

    /// <summary>The number of backups kept.</summary>
    public int KeptCount { get; init; }

    /// <summary>The kept ones with the rules that keep them, newest first.</summary>
    public IReadOnlyList<RetentionEntry> Kept { get; init; } = [];

    /// <summary>The number of backups removed.</summary>
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

/// <summary>One backup and why it stays.</summary>
/// <param name="Key">Which.</param>
/// <param name="Reason">"last 1 of 7, daily 2026-11-22"; or why it could not be removed.</param>
/// <param name="Immutable">True if the store refuses to let it go: as intended, and no fault.</param>
/// <param name="Until">Until when it does, where it says so; a legal hold has no end.</param>
public sealed record RetentionEntry(BackupKey Key, string Reason, bool Immutable = false, DateTimeOffset? Until = null);
