using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Verification;

/// <summary>Asks for a check of a published backup.</summary>
/// <param name="Backup">Which.</param>
public sealed record VerifyInput(BackupKey Backup);
