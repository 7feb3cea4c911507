using Microsoft.DurableTask;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Durable;

/// <summary>Runs an orchestration of the workflows on Durable Task.</summary>
internal static class DurableOrchestration
{
    /// <summary>Runs, or replays, an orchestration; its input and output are JSON.</summary>
    public static async Task<string> RunAsync(TaskOrchestrationContext context, IOrchestration orchestration)
    {
        var input = context.GetInput<string>() ?? "null";
        try
        {
            return await orchestration.RunAsync(new DurableWorkflowContext(context), input);
        }
        catch (WorkflowException e)
        {
            throw new RecordedFailureException(WorkflowFailure.From(e));
        }
    }
}
