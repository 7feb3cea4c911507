using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Sqlite.Client;
using DurableTask.Sqlite.Tests.Support;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace DurableTask.Sqlite.Tests;

/// <summary>Starting, finding and removing instances; most of it without a worker.</summary>
public sealed class ClientTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string File => _folder.Combine("orchestrations.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_start_with_an_id_that_exists_is_refused_by_the_states_it_asks_for()
    {
        await using var host = await TestHost.StartAsync(File, Echo);
        await host.RunAsync("Echo", 1, "ended");
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Wait", new StartOrchestrationOptions("running"));
        await host.StateAsync("running", OrchestrationRuntimeStatus.Running);

        // By default one that has not ended is in the way, one that has is replaced.
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => StartAsync(host, "running", null));
        await StartAsync(host, "ended", null);
        Assert.Equal(2, (await host.EndAsync("ended")).ReadOutputAs<int>());

        var refused = await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(
            () => StartAsync(host, "ended", ["Completed", "Failed", "Terminated", "Pending", "Running", "Suspended"]));
        Assert.Contains("'ended'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Completed", refused.Message, StringComparison.Ordinal);
        await StartAsync(host, "ended", ["Failed"]);
        await StartAsync(host, "running", []);
        Assert.Equal(2, (await host.EndAsync("running")).ReadOutputAs<int>());
        await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(host, "x", ["Nonsense"]));
        await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(host, "x", ["Terminated"]));

        static Task StartAsync(TestHost host, string id, string[]? statuses) => host.Client.ScheduleNewOrchestrationInstanceAsync(
            "Echo", 2, new StartOrchestrationOptions(id) { DedupeStatuses = statuses });
    }

    [Fact]
    public async Task Of_many_starts_with_one_id_one_is_accepted()
    {
        await using var one = await TestHost.StartAsync(File);
        await using var two = await TestHost.StartAsync(File);
        var starts = Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
        {
            try
            {
                await (i % 2 == 0 ? one : two).Client.ScheduleNewOrchestrationInstanceAsync("Echo", i, new StartOrchestrationOptions("same"));
                return 1;
            }
            catch (OrchestrationAlreadyExistsException)
            {
                return 0;
            }
        }));

        Assert.Equal(1, (await Task.WhenAll(starts)).Sum());
    }

    [Fact]
    public async Task Instances_are_listed_newest_first_by_state_time_prefix_and_name_in_pages()
    {
        await using var host = await TestHost.StartAsync(File);
        for (var i = 0; i < 5; i++)
        {
            await host.Client.ScheduleNewOrchestrationInstanceAsync("Even", i, new StartOrchestrationOptions($"even-{i}"));
            await host.Client.ScheduleNewOrchestrationInstanceAsync("Odd", i, new StartOrchestrationOptions($"odd-{i}"));
        }

        await host.Client.TerminateInstanceAsync("odd-2");
        var pages = new List<string[]>();
        await foreach (var page in host.Client.GetAllInstancesAsync(new OrchestrationQuery(InstanceIdPrefix: "odd-", PageSize: 2)).AsPages())
        {
            pages.Add(page.Values.Select(instance => instance.InstanceId).ToArray());
        }

        Assert.Equal([["odd-4", "odd-3"], ["odd-2", "odd-1"], ["odd-0"]], pages);
        Assert.Equal(["odd-2"], await IdsAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Terminated])));
        var middle = (await host.Client.GetInstanceAsync("odd-3"))!.CreatedAt;
        Assert.Equal(["odd-4", "even-4", "odd-3"], await IdsAsync(new OrchestrationQuery(CreatedFrom: middle)));
        Assert.Equal(7 + 1, (await IdsAsync(new OrchestrationQuery(CreatedTo: middle))).Count);
        var named = await host.Service.GetOrchestrationWithQueryAsync(new Core.Query.OrchestrationQuery(), "Even", default);
        Assert.Equal(5, named.OrchestrationState.Count);
        Assert.Equal(["odd-2"], (await host.Client.ListInstanceIdsAsync()).Values);
        await Assert.ThrowsAsync<ArgumentException>(() => IdsAsync(new OrchestrationQuery(ContinuationToken: "elsewhere")));

        async Task<List<string>> IdsAsync(OrchestrationQuery query)
        {
            var ids = new List<string>();
            await foreach (var instance in host.Client.GetAllInstancesAsync(query))
            {
                ids.Add(instance.InstanceId);
            }

            return ids;
        }
    }

    [Fact]
    public async Task An_instance_that_has_not_begun_is_terminated_at_once_even_without_a_worker()
    {
        await using var host = await TestHost.StartAsync(File);
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Echo", new StartOrchestrationOptions("pending"));
        await host.Client.TerminateInstanceAsync("pending", "no");

        var ended = await host.EndAsync("pending");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, ended.RuntimeStatus);
        Assert.Equal("no", ended.ReadOutputAs<string>());
        await using var worker = await TestHost.StartAsync(File, Echo);
        Assert.Equal(1, (await worker.RunAsync("Echo", 1)).ReadOutputAs<int>());
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await host.Client.GetInstanceAsync("pending"))!.RuntimeStatus);
    }

    [Fact]
    public async Task Waiting_for_an_unknown_instance_fails_and_a_wait_can_be_cancelled()
    {
        await using var host = await TestHost.StartAsync(File);
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client.WaitForInstanceCompletionAsync("nobody"));
        Assert.Contains("'nobody'", missing.Message, StringComparison.Ordinal);
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Echo", new StartOrchestrationOptions("waits"));
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Client.WaitForInstanceStartAsync("waits", cancel.Token));
        await Assert.ThrowsAsync<TimeoutException>(
            () => host.Service.WaitForOrchestrationAsync("waits", null, TimeSpan.FromMilliseconds(50), CancellationToken.None));
    }

    [Fact]
    public async Task Purging_removes_ended_instances_and_frees_their_space()
    {
        await using var host = await TestHost.StartAsync(File, tasks => tasks
            .AddOrchestratorFunc<string, string>("Big", (_, input) => Task.FromResult(input))
            .AddOrchestratorFunc<string>("Wait", context => context.WaitForExternalEvent<string>("Never")));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Wait", new StartOrchestrationOptions("running"));
        await host.StateAsync("running", OrchestrationRuntimeStatus.Running);
        for (var i = 0; i < 20; i++)
        {
            await host.RunAsync("Big", new string('x', 500_000), $"big-{i}");
        }

        Assert.Equal(1, (await host.Client.PurgeInstanceAsync("big-0")).PurgedInstanceCount);
        Assert.Equal(0, (await host.Client.PurgeInstanceAsync("big-0")).PurgedInstanceCount);
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client.PurgeInstanceAsync("running"));
        Assert.True(new FileInfo(File).Length > 10_000_000);
        var result = await host.Client.PurgeAllInstancesAsync(new PurgeInstancesFilter(Statuses: [OrchestrationRuntimeStatus.Completed]));

        Assert.Equal(19, result.PurgedInstanceCount);
        Assert.True(result.IsComplete);
        Assert.NotNull(await host.Client.GetInstanceAsync("running"));
        Assert.InRange(new FileInfo(File).Length, 1, 1_000_000);
        Assert.InRange(new FileInfo(File + "-wal").Length, 0, 1_000_000);
    }

    [Fact]
    public async Task An_instance_is_restarted_with_the_input_it_had()
    {
        await using var host = await TestHost.StartAsync(File, Echo);
        await host.RunAsync("Echo", 5, "echo");

        Assert.Equal("echo", await host.Client.RestartAsync("echo"));
        Assert.Equal(5, (await host.EndAsync("echo")).ReadOutputAs<int>());
        var other = await host.Client.RestartAsync("echo", restartWithNewInstanceId: true);
        Assert.Equal(5, (await host.EndAsync(other)).ReadOutputAs<int>());
        await Assert.ThrowsAsync<ArgumentException>(() => host.Client.RestartAsync("nobody"));
    }

    [Fact]
    public async Task Tags_and_custom_status_are_kept()
    {
        await using var host = await TestHost.StartAsync(File, tasks => tasks.AddOrchestratorFunc<string>("Run", context =>
        {
            context.SetCustomStatus(new { step = 2 });
            return Task.FromResult("");
        }));
        await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "Run", new StartOrchestrationOptions("tagged") { Tags = new Dictionary<string, string> { ["kind"] = "test" } });

        var ended = await host.EndAsync("tagged");
        Assert.Equal("test", ended.Tags["kind"]);
        Assert.Equal("""{"step":2}""", ended.SerializedCustomStatus);
    }

    [Fact]
    public void States_have_the_same_names_on_both_sides() => Assert.All(
        Enum.GetValues<OrchestrationStatus>(), status => Assert.Equal(status.ToString(), status.ToRuntimeStatus().ToString()));

    private static void Echo(DurableTaskRegistry tasks) => tasks
        .AddOrchestratorFunc<int, int>("Echo", (_, input) => Task.FromResult(input))
        .AddOrchestratorFunc<string>("Wait", context => context.WaitForExternalEvent<string>("Never"));
}
