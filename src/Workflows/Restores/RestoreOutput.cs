using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Restores;

/// <summary>What a restore came to.</summary>
/// <param name="Backup">The backup that was restored.</param>
/// <param name="Target">The installation it was restored into.</param>
/// <param name="Safety">The backup of what was overwritten; null where nothing was.</param>
/// <param name="Restart">The restart afterwards.</param>
public sealed record RestoreOutput(BackupKey Backup, string Target, BackupKey? Safety, RestartOutput Restart);
