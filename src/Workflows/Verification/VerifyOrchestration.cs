using System.Text.Json;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Verification;

/// <summary>Checks a published backup: reads it back whole, and adds what it found to the store. Its output is the <see cref="CheckRecord"/>.</summary>
public sealed class VerifyOrchestration : IOrchestration
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Verify";

    /// <inheritdoc/>
    public string Name => OrchestrationName;

    /// <inheritdoc/>
    public async Task<string> RunAsync(IWorkflowContext context, string input)
    {
        var request = JsonSerializer.Deserialize(input, WorkflowJson.Default.VerifyInput)
            ?? throw new WorkflowException(WorkflowError.InvalidRequest, "A check's input is null.");
        var check = await OperationRun.RunAsync(context, OperationKind.Verify, request.Backup.Installation, async run =>
        {
            run.Backup = request.Backup;
            await run.ClaimAsync(OperationResources.Backup(request.Backup), exclusive: false);
            var plan = await run.StepAsync("plan", WorkflowActivities.PlanVerify, request, run.Timings.Calls);
            run.Timings = plan.Timings;
            run.Size = plan.Record.Size;
            return await VerifySteps.CheckAsync(run, plan.Record);
        });
        return JsonSerializer.Serialize(check, WorkflowJson.Default.CheckRecord);
    }
}
