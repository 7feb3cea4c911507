using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Workflows.Backups;

/// <summary>What a backup takes from the configuration, once, so that it does not change under way.</summary>
internal sealed record BackupPlan(
    SecretReference Password, bool SkipObjectStorage, RetentionPolicy? Retention, OperationTimings Timings);
