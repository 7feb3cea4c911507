using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Verify;

/// <summary>Finds the record of the backup to check.</summary>
internal sealed class PlanVerifyActivity(IBackupStore store, OperationTimings timings, ActivityServices services)
    : OperationActivity<VerifyInput, VerifyPlan>(services)
{
    public static readonly ActivityName<VerifyInput, VerifyPlan> Call = new("PlanVerify");

    protected override string? InstallationOf(VerifyInput input) => input.Backup.Installation;

    private protected override async Task<VerifyPlan> RunAsync(ActivityRun run, VerifyInput input, CancellationToken cancellationToken) =>
        new(await store.FindRecordAsync(input.Backup, cancellationToken)
            ?? throw new OperationException(OperationError.NotFound, $"There is no backup {input.Backup} in {store.Description}."), timings);
}
