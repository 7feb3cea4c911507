using DurableTask.Sqlite.Tests.Support;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace DurableTask.Sqlite.Tests.Conformance;

/// <summary>A host of orchestrations: a worker and a client on one task hub.</summary>
public abstract class OrchestrationHost : IAsyncDisposable
{
    public abstract DurableTaskClient Client { get; }

    public abstract ValueTask DisposeAsync();

    public async Task<OrchestrationMetadata> RunAsync(string name, object? input = null, string? id = null)
    {
        id = await Client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(id));
        return await EndAsync(id);
    }

    public async Task<OrchestrationMetadata> EndAsync(string id)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        return await Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, deadline.Token);
    }

    public Task StatusAsync(string id, string status) => Eventually.TrueAsync(
        async () => (await Client.GetInstanceAsync(id, getInputsAndOutputs: true))?.SerializedCustomStatus == $"\"{status}\"", $"status {status}");

    public Task StateAsync(string id, OrchestrationRuntimeStatus state) => Eventually.TrueAsync(
        async () => (await Client.GetInstanceAsync(id))?.RuntimeStatus == state, $"state {state}");
}
