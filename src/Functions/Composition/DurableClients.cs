using Microsoft.DurableTask.Client;
using TfeBackup.Functions.Durable;
using TfeBackup.Workflows;

namespace TfeBackup.Functions.Composition;

/// <summary>
/// The client of the task hub for parts that live longer than a call. The host gives one to each call; all of them speak to the same hub.
/// </summary>
internal sealed class DurableClients
{
    private volatile DurableTaskClient? _latest;

    /// <summary>Remembers the client of a call.</summary>
    public void Remember(DurableTaskClient client) => _latest = client;

    /// <summary>Whether an operation exists and has not ended.</summary>
    public async Task<bool> IsRunningAsync(string operationId, CancellationToken cancellationToken)
    {
        var client = _latest ?? throw new WorkflowException(WorkflowError.Internal, "No call has brought a client of the task hub yet.");
        return await client.GetInstanceAsync(operationId, cancellationToken) is { } instance && DurableWorkflowClient.IsRunning(instance);
    }
}
