using Microsoft.DurableTask.Client;
using TfeBackup.Functions.Durable;
using TfeBackup.TestSupport.Runtime;

namespace TfeBackup.Functions.Tests.Runtime;

/// <summary>Activities that the host counts as failed because their worker is gone.</summary>
public sealed class LostActivityTests
{
    [Fact]
    public async Task An_activity_whose_worker_died_is_run_again()
    {
        var runs = 0;
        await using var hub = await DurableHub.StartAsync((registry, _) =>
        {
            registry.AddOrchestratorFunc<string, string>("Run", (context, _) => DurableOrchestration.RunAsync(
                context, new DelegateOrchestration("Run", (workflow, input) => workflow.CallActivityAsync("Work", input))));
            registry.AddActivityFunc<string, string>("Work", (_, input) =>
                Interlocked.Increment(ref runs) == 1
                    ? throw new InvalidOperationException("dotnet exited with code 137 (0x89)")
                    : Task.FromResult(input));
        });
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Run", "\"done\"");
        using var deadline = new CancellationTokenSource(FunctionsApp.Deadline);
        var ended = await hub.Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, deadline.Token);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        Assert.Equal("\"done\"", ended.ReadOutputAs<string>());
        Assert.Equal(2, runs);
    }
}
