using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Verification;

/// <summary>Finds the record of the backup to check.</summary>
internal sealed class PlanVerifyActivity(IBackupStore store, OperationTimings timings)
    : Activity<VerifyInput, VerifyPlan>(WorkflowActivities.PlanVerify)
{
    protected override async Task<VerifyPlan> RunAsync(IActivityContext context, VerifyInput input, CancellationToken cancellationToken) =>
        new(await store.FindRecordAsync(input.Backup, cancellationToken)
            ?? throw new WorkflowException(WorkflowError.NotFound, $"There is no backup {input.Backup} in {store.Description}."), timings);
}
