using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Azure.Operations;
using TfeBackup.Functions.Durable;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Runtime;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Tests.Runtime;

/// <summary>The app's adapter of Durable Task over a hub of its own, with claims in Azurite.</summary>
internal sealed class DurableHarness : RuntimeHarness
{
    private readonly DurableHub _hub;

    private DurableHarness(DurableHub hub, IOperationClaims claims)
    {
        _hub = hub;
        Claims = claims;
    }

    public override IWorkflowClient Client => new DurableWorkflowClient(_hub.Client);

    public override IOperationClaims Claims { get; }

    public static async Task<DurableHarness> StartAsync(IReadOnlyList<IOrchestration> orchestrations, IReadOnlyList<IActivity> activities)
    {
        var runner = new DurableActivityRunner(TimeProvider.System, NullLogger<DurableActivityRunner>.Instance);
        DurableHub? hub = null;
        hub = await DurableHub.StartAsync((registry, stopping) =>
        {
            foreach (var orchestration in orchestrations)
            {
                registry.AddOrchestratorFunc<string, string>(
                    OrchestrationVersions.FunctionOf(orchestration.Name), (context, _) => DurableOrchestration.RunAsync(context, orchestration));
            }

            foreach (var activity in activities)
            {
                registry.AddActivityFunc<string, string>(
                    activity.Name,
                    (context, input) => hub!.RunActivityAsync(
                        () => runner.RunAsync(activity, context.InstanceId, input, hub.Client, stopping), stopping));
            }
        });
        var container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();
        var claims = new BlobOperationClaims(
            container, async (id, token) => await hub.Client.GetInstanceAsync(id, token) is { } instance && DurableWorkflowClient.IsRunning(instance));
        return new DurableHarness(hub, claims);
    }

    public override Task RestartAsync() => _hub.RestartAsync();

    public override ValueTask DisposeAsync() => _hub.DisposeAsync();
}
