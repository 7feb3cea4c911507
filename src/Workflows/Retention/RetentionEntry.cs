using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Retention;

/// <summary>One backup and why it stays.</summary>
/// <param name="Key">Which.</param>
/// <param name="Reason">"last 1 of 7, daily 2026-11-22"; or why it could not be removed.</param>
public sealed record RetentionEntry(BackupKey Key, string Reason);
