namespace TfeBackup.Workflows.Orchestrations;

/// <summary>Deterministic code over <see cref="IWorkflowContext"/>. Instances hold no state: one serves many runs and replays at once.</summary>
public interface IOrchestration
{
    /// <summary>The name it is started by. Never reused for something else: histories hold it.</summary>
    string Name { get; }

    /// <summary>Runs, or replays, the orchestration.</summary>
    /// <param name="context">Everything it may use.</param>
    /// <param name="input">JSON.</param>
    /// <returns>Its output: JSON.</returns>
    /// <exception cref="WorkflowException">The operation failed; category and message become its outcome.</exception>
    Task<string> RunAsync(IWorkflowContext context, string input);
}
