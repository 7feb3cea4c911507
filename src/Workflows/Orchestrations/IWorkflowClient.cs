namespace TfeBackup.Workflows.Orchestrations;

/// <summary>Starts operations, tells them things, and says how they are. Safe for concurrent use.</summary>
public interface IWorkflowClient
{
    /// <summary>
    /// Starts an operation, durably: once this returns it will be run by whichever process of the host gets to it. An id is used once: starting
    /// it again, while it runs or afterwards, does nothing, so a doubled request starts one operation.
    /// </summary>
    /// <param name="orchestration">The orchestration's <see cref="IOrchestration.Name"/>.</param>
    /// <param name="instanceId">At most 100 letters, digits, hyphens and underscores.</param>
    /// <param name="input">JSON; never a secret.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>Whether this call started it; false when the id was taken.</returns>
    Task<bool> StartAsync(string orchestration, string instanceId, string input, CancellationToken cancellationToken);

    /// <summary>An operation by id; null where there is none.</summary>
    Task<WorkflowInstance?> FindAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Lists operations, newest first.</summary>
    IAsyncEnumerable<WorkflowInstance> ListAsync(WorkflowQuery query, CancellationToken cancellationToken);

    /// <summary>Gives an operation an event; kept until it waits for one of that name. One that has ended ignores it.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NotFound"/>: no such operation.</exception>
    Task RaiseEventAsync(string instanceId, string name, string payload, CancellationToken cancellationToken);

    /// <summary>
    /// Ends an operation at once: its code does not run again and its activities are told to stop. Nothing is put right; to let the operation
    /// end itself, raise its cancel event. One that has ended stays as it is.
    /// </summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NotFound"/>: no such operation.</exception>
    Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken);

    /// <summary>Waits until an operation has ended, whoever runs it.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NotFound"/>: no such operation.</exception>
    Task<WorkflowInstance> WaitAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets operations that ended before <paramref name="before"/>, with their histories. The id of one that is forgotten is free again:
    /// <paramref name="except"/> names those that must not be.
    /// </summary>
    /// <returns>How many were forgotten.</returns>
    Task<int> PurgeAsync(DateTimeOffset before, IReadOnlySet<string> except, CancellationToken cancellationToken);
}
