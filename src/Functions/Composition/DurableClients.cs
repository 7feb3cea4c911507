using Microsoft.DurableTask.Client;
using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Composition;

/// <summary>
/// The client of the task hub for parts that live longer than a call. The host gives one to each call; all of them speak to the same hub.
/// </summary>
internal sealed class DurableClients : IDurableTaskClientProvider
{
    private volatile DurableTaskClient? _latest;

    /// <summary>Remembers the client of a call.</summary>
    public void Remember(DurableTaskClient client) => _latest = client;

    /// <inheritdoc/>
    public DurableTaskClient GetClient(string? name = null) =>
        _latest ?? throw new OperationException(OperationError.Internal, "The task hub client is not available before the first call.");
}
