using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Restore;

/// <summary>Decides once which backup is restored, and looks at source and target.</summary>
internal sealed class PlanRestoreActivity(RestorePlanner planner, OperationTimings timings, ActivityServices services)
    : OperationActivity<RestorePlanInput, RestorePlan>(services)
{
    public static readonly ActivityName<RestorePlanInput, RestorePlan> Call = new("PlanRestore");

    protected override string? InstallationOf(RestorePlanInput input) => input.Target;

    private protected override async Task<RestorePlan> RunAsync(ActivityRun run, RestorePlanInput input, CancellationToken cancellationToken)
    {
        var (record, note, facts) = await planner.FindAsync(input.Backup, input.Target, cancellationToken);
        return new RestorePlan(record, note, timings, facts);
    }
}
