using DurableTask.Core;
using DurableTask.Sqlite.Tests.Conformance;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace TfeBackup.Functions.Tests.Runtime;

/// <summary>What is asked of the embedded backend holds for Azure Storage, so that it is not measured by itself.</summary>
public sealed class AzureStorageConformanceTests : OrchestrationConformance
{
    private readonly Lazy<Task<Func<IOrchestrationService>>> _hub = new(AzureStorageHub.CreateAsync);

    protected override async Task<OrchestrationHost> StartAsync(Action<DurableTaskRegistry> tasks, Action<IServiceCollection>? services = null) =>
        new HubHost(await DurableHub.StartAsync((registry, _) => tasks(registry), await _hub.Value, services));

    private sealed class HubHost(DurableHub hub) : OrchestrationHost
    {
        public override DurableTaskClient Client => hub.Client;

        public override ValueTask DisposeAsync() => hub.DisposeAsync();
    }
}
