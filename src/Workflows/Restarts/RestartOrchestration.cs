using System.Text.Json;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Restarts;

/// <summary>Restarts an installation's application and waits until it is ready. Its output is a <see cref="RestartOutput"/>.</summary>
public sealed class RestartOrchestration : IOrchestration
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Restart";

    /// <inheritdoc/>
    public string Name => OrchestrationName;

    /// <inheritdoc/>
    public async Task<string> RunAsync(IWorkflowContext context, string input)
    {
        var request = JsonSerializer.Deserialize(input, WorkflowJson.Default.RestartInput)
            ?? throw new WorkflowException(WorkflowError.InvalidRequest, "A restart's input is null.");
        var output = await OperationRun.RunAsync(context, OperationKind.Restart, request.Installation, async run =>
        {
            await run.ClaimAsync(OperationResources.Installation(request.Installation), exclusive: true);
            return await RestartSteps.RestartAsync(run, request.Installation);
        });
        return JsonSerializer.Serialize(output, WorkflowJson.Default.RestartOutput);
    }
}
