using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Backups;

/// <summary>What a backup came to.</summary>
/// <param name="Record">The record as published.</param>
/// <param name="Retention">What retention did afterwards; null where there is no policy, or it failed.</param>
public sealed record BackupOutput(BackupRecord Record, RetentionReport? Retention);
