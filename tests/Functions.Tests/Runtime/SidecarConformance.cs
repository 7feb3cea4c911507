using DurableTask.Core;
using DurableTask.Sqlite.Tests.Conformance;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace TfeBackup.Functions.Tests.Runtime;

/// <summary>What is asked of the embedded backend, asked of Microsoft's behind the sidecar of InProcessTestHost.</summary>
public abstract class SidecarConformance(Func<Task<Func<IOrchestrationService>>> open) : OrchestrationConformance
{
    private readonly Lazy<Task<Func<IOrchestrationService>>> _hub = new(open);

    [Fact(Skip = "The sidecar does not pass continue-as-new on to its backend.")]
    public override Task Continue_as_new_carries_every_event_over_once() => Task.CompletedTask;

    [Fact(Skip = "The sidecar terminates the instance it is asked for, never its children.")]
    public override Task Terminating_an_instance_terminates_its_children_if_asked() => Task.CompletedTask;

    [Fact(Skip = "The sidecar drops the time at which an instance is to start.")]
    public override Task An_instance_can_be_scheduled_and_waits_with_what_it_was_told() => Task.CompletedTask;

    protected override async Task<OrchestrationHost> StartAsync(Action<DurableTaskRegistry> tasks, Action<IServiceCollection>? services = null) =>
        new HubHost(await DurableHub.StartAsync((registry, _) => tasks(registry), await _hub.Value, services));

    private sealed class HubHost(DurableHub hub) : OrchestrationHost
    {
        public override DurableTaskClient Client => hub.Client;

        public override ValueTask DisposeAsync() => hub.DisposeAsync();
    }
}
