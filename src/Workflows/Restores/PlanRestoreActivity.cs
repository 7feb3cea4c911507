using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Restores;

/// <summary>
/// Decides once which backup is restored, and makes sure that the version of the password it was made with can be had.
/// </summary>
internal sealed class PlanRestoreActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, OperationTimings timings)
    : Activity<RestorePlanInput, RestorePlan>(WorkflowActivities.PlanRestore)
{
    protected override async Task<RestorePlan> RunAsync(
        IActivityContext context, RestorePlanInput input, CancellationToken cancellationToken)
    {
        _ = installations.GetDefinition(input.Target);
        var (record, note) = await new BackupFinder(store).FindAsync(input.Backup, input.Target, cancellationToken);
        _ = await secrets.GetAsync(record.Password, cancellationToken);
        return new RestorePlan(record, note, timings);
    }
}
