using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Retention;

/// <summary>One backup and why it stays.</summary>
/// <param name="Key">Which.</param>
/// <param name="Reason">"last 1 of 7, daily 2026-11-22"; or why it could not be removed.</param>
/// <param name="Immutable">Whether the store refuses to let it go: as intended, and no fault.</param>
/// <param name="Until">Until when it does, where it says so; a legal hold has no end.</param>
public sealed record RetentionEntry(BackupKey Key, string Reason, bool Immutable = false, DateTimeOffset? Until = null);
