using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Backup;

/// <summary>
/// Reads the configuration and finds out the password's current version, so that the record can say which one opens the backup; and notices a
/// missing secret or an unreachable store before anything has been moved.
/// </summary>
internal sealed class PlanBackupActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, OperationTimings timings, ActivityServices services)
    : OperationActivity<InstallationInput, BackupPlan>(services)
{
    public static readonly ActivityName<InstallationInput, BackupPlan> Call = new("PlanBackup");

    protected override string? InstallationOf(InstallationInput input) => input.Installation;

    private protected override async Task<BackupPlan> RunAsync(ActivityRun run, InstallationInput input, CancellationToken cancellationToken)
    {
        var definition = installations.GetDefinition(input.Installation);
        var password = await secrets.GetAsync(definition.Password, cancellationToken);
        await store.CheckAsync(cancellationToken);
        return new BackupPlan(password.Reference, definition.SkipObjectStorage, definition.Retention, timings);
    }
}
