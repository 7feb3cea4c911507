using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Backups;

/// <summary>
/// Reads the configuration and finds out the password's current version, so that the record can say which one opens the backup; and notices a
/// missing secret or an unreachable store before anything has been moved.
/// </summary>
internal sealed class PlanBackupActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, OperationTimings timings)
    : Activity<InstallationInput, BackupPlan>(WorkflowActivities.PlanBackup)
{
    protected override async Task<BackupPlan> RunAsync(
        IActivityContext context, InstallationInput input, CancellationToken cancellationToken)
    {
        var definition = installations.GetDefinition(input.Installation);
        var password = await secrets.GetAsync(definition.Password, cancellationToken);
        await store.CheckAsync(cancellationToken);
        return new BackupPlan(password.Reference, definition.SkipObjectStorage, definition.Retention, timings);
    }
}
