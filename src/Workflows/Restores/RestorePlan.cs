using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Restores;

internal sealed record RestorePlanInput(string Backup, string Target);

internal sealed record RestorePlan(BackupRecord Record, string? Note, OperationTimings Timings);
