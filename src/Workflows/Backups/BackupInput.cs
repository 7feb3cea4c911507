using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Backups;

/// <summary>Asks for a backup.</summary>
/// <param name="Installation">Of which installation.</param>
/// <param name="Purpose">Why.</param>
/// <param name="Due">When a scheduled one was due (UTC).</param>
public sealed record BackupInput(string Installation, BackupPurpose Purpose, DateTimeOffset? Due = null);
