using System.Text.Json;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Retention;

/// <summary>Removes the backups that need not be kept. Its output is a <see cref="RetentionReport"/>.</summary>
public sealed class RetentionOrchestration : IOrchestration
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Retention";

    /// <inheritdoc/>
    public string Name => OrchestrationName;

    /// <inheritdoc/>
    public async Task<string> RunAsync(IWorkflowContext context, string input)
    {
        var request = JsonSerializer.Deserialize(input, WorkflowJson.Default.RetentionInput)
            ?? throw new WorkflowException(WorkflowError.InvalidRequest, "Retention's input is null.");
        var report = await OperationRun.RunAsync(context, OperationKind.Retention, request.Installation, async run =>
        {
            run.Due = request.Due;

            // A dry run reads, and is in nobody's way.
            if (!request.DryRun)
            {
                await run.ClaimAsync(OperationResources.Installation(request.Installation), exclusive: true);
            }

            return await RetentionSteps.PruneAsync(run, request.Installation, policy: null, request.DryRun);
        });
        return JsonSerializer.Serialize(report, WorkflowJson.Default.RetentionReport);
    }
}
