using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Verify;

/// <summary>Checks a published backup once more and records the outcome, whichever it is.</summary>
public sealed class VerifyOrchestrator : OperationOrchestrator<VerifyInput, CheckRecord>
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Verify";

    /// <inheritdoc/>
    protected override OperationKind Kind => OperationKind.Verify;

    /// <inheritdoc/>
    protected override string InstallationOf(VerifyInput input) => input.Backup.Installation;

    private protected override async Task<CheckRecord> RunAsync(OperationRun run, VerifyInput input)
    {
        run.Backup = input.Backup;
        await run.ClaimAsync(OperationResources.Backup(input.Backup), exclusive: false);
        var plan = await run.StepAsync("plan", PlanVerifyActivity.Call, input, run.Timings.Calls);
        run.Timings = plan.Timings;
        run.Size = plan.Record.Size;
        return await VerifySteps.CheckAsync(run, plan.Record);
    }
}
