using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Restore;

/// <summary>
/// Decides once which backup is restored, and makes sure that the version of the password it was made with can be had.
/// </summary>
internal sealed class PlanRestoreActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, OperationTimings timings, ActivityServices services)
    : OperationActivity<RestorePlanInput, RestorePlan>(services)
{
    public static readonly ActivityName<RestorePlanInput, RestorePlan> Call = new("PlanRestore");

    protected override string? InstallationOf(RestorePlanInput input) => input.Target;

    private protected override async Task<RestorePlan> RunAsync(ActivityRun run, RestorePlanInput input, CancellationToken cancellationToken)
    {
        _ = installations.GetDefinition(input.Target);
        var (record, note) = await new BackupFinder(store).FindAsync(input.Backup, cancellationToken);
        _ = await secrets.GetAsync(record.Password, cancellationToken);
        return new RestorePlan(record, note, timings);
    }
}
