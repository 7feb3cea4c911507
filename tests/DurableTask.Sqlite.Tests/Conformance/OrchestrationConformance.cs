using System.Collections.Concurrent;
using DurableTask.Sqlite.Tests.Support;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.Sqlite.Tests.Conformance;

/// <summary>What an orchestrator may do and a client may ask for on every backend, through hosts as an application builds them.</summary>
public abstract class OrchestrationConformance
{
    private static readonly RetryPolicy Quick = new(3, TimeSpan.FromMilliseconds(20));

    /// <summary>Starts a host on this test's task hub, which keeps what it has been told when a host ends.</summary>
    protected abstract Task<OrchestrationHost> StartAsync(Action<DurableTaskRegistry> tasks, Action<IServiceCollection>? services = null);

    [Fact]
    public async Task An_orchestration_runs_its_activities_in_order_and_returns_its_output()
    {
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<string, string>("Run", async (context, input) =>
            {
                var one = await context.CallActivityAsync<string>("Append", input + "a");
                return await context.CallActivityAsync<string>("Append", one + "b");
            })
            .AddActivityFunc<string, string>("Append", (_, input) => input + "."));

        var ended = await host.RunAsync("Run", "in:");

        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        Assert.Equal("in:a.b.", ended.ReadOutputAs<string>());
        Assert.Equal("in:", ended.ReadInputAs<string>());
    }

    [Fact]
    public async Task Activities_run_side_by_side()
    {
        var both = new Barrier(2);
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<int>("Run", async context =>
                (await Task.WhenAll(context.CallActivityAsync<int>("Meet", 1), context.CallActivityAsync<int>("Meet", 2))).Sum())
            .AddActivityFunc<int, int>("Meet", (_, input) => both.SignalAndWait(Eventually.Deadline) ? input : throw new TimeoutException()));

        Assert.Equal(3, (await host.RunAsync("Run")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Activities_are_created_with_their_services()
    {
        await using var host = await StartAsync(
            tasks => tasks
                .AddOrchestratorFunc<string>("Run", context => context.CallActivityAsync<string>(nameof(Greeter), "you"))
                .AddActivity<Greeter>(),
            services: services => services.AddScoped<Greeting>());

        Assert.Equal("Hello, you.", (await host.RunAsync("Run")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_failed_activity_is_retried_as_the_policy_says()
    {
        var attempts = 0;
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<int>("Run", context => context.CallActivityAsync<int>("Try", options: TaskOptions.FromRetryPolicy(Quick)))
            .AddOrchestratorFunc<int>("Handled", context => context.CallActivityAsync<int>("Try", options: TaskOptions.FromRetryHandler(
                retry => retry.LastAttemptNumber < 2 && retry.LastFailure.IsCausedBy<TimeoutException>())))
            .AddActivityFunc<int>("Try", _ => Interlocked.Increment(ref attempts) % 3 == 0 ? attempts : throw new TimeoutException("not yet")));

        Assert.Equal(3, (await host.RunAsync("Run")).ReadOutputAs<int>());
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await host.RunAsync("Handled")).RuntimeStatus);
        Assert.Equal(5, attempts);
    }

    [Fact]
    public async Task A_timer_set_by_one_host_fires_in_the_next()
    {
        static void Tasks(DurableTaskRegistry tasks) => tasks.AddOrchestratorFunc<string>("Run", async context =>
        {
            await context.CreateTimer(TimeSpan.FromMilliseconds(500), CancellationToken.None);
            return "fired";
        });
        await using (var first = await StartAsync(Tasks))
        {
            await first.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("timer"));
            await first.Client.WaitForInstanceStartAsync("timer");
        }

        await using var second = await StartAsync(Tasks);
        Assert.Equal("fired", (await second.EndAsync("timer")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Events_are_buffered_until_awaited_and_their_names_ignore_case()
    {
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<string>("Run", async context =>
            {
                context.SetCustomStatus("before");
                await context.WaitForExternalEvent<string>("Begin");
                return await context.WaitForExternalEvent<string>("Answer") + await context.WaitForExternalEvent<string>("answer");
            }));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("events"));
        await host.StatusAsync("events", "before");
        await host.Client.RaiseEventAsync("events", "answer", "1");
        await host.Client.RaiseEventAsync("events", "ANSWER", "2");
        await host.Client.RaiseEventAsync("events", "begin", "");

        Assert.Equal("12", (await host.EndAsync("events")).ReadOutputAs<string>());
        await host.Client.RaiseEventAsync("events", "late", "");
        await host.Client.RaiseEventAsync("unknown", "late", "");
    }

    [Fact]
    public async Task A_suspended_instance_does_nothing_until_it_is_resumed()
    {
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<string>("Run", async context =>
            {
                var one = await context.WaitForExternalEvent<string>("Go");
                context.SetCustomStatus("went");
                return one;
            }));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("suspended"));
        await host.StateAsync("suspended", OrchestrationRuntimeStatus.Running);
        await host.Client.SuspendInstanceAsync("suspended", "test");
        await host.StateAsync("suspended", OrchestrationRuntimeStatus.Suspended);
        await host.Client.RaiseEventAsync("suspended", "Go", "1");
        await host.Client.ResumeInstanceAsync("suspended");

        var ended = await host.EndAsync("suspended");
        Assert.Equal("1", ended.ReadOutputAs<string>());
        Assert.Equal("went", ended.ReadCustomStatusAs<string>());
    }

    [Fact]
    public async Task Orchestrators_send_each_other_events()
    {
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<string>("Listen", context => context.WaitForExternalEvent<string>("Word"))
            .AddOrchestratorFunc<string>("Say", context =>
            {
                context.SendEvent("listener", "Word", "hello");
                return Task.FromResult("said");
            }));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Listen", new StartOrchestrationOptions("listener"));
        await host.StateAsync("listener", OrchestrationRuntimeStatus.Running);
        await host.RunAsync("Say");

        Assert.Equal("hello", (await host.EndAsync("listener")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Identifiers_and_times_are_the_same_in_every_replay()
    {
        static void Tasks(DurableTaskRegistry tasks) => tasks
            .AddOrchestratorFunc<bool>("Run", async context =>
            {
                var before = $"{context.NewGuid()} {context.CurrentUtcDateTime:O}";
                var seen = await context.CallActivityAsync<string>("Echo", before);
                context.SetCustomStatus("waiting");
                await context.WaitForExternalEvent<string>("Go");
                return seen == before;
            })
            .AddActivityFunc<string, string>("Echo", (_, input) => input);
        await using (var first = await StartAsync(Tasks))
        {
            await first.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("same"));
            await first.StatusAsync("same", "waiting");
        }

        await using var second = await StartAsync(Tasks);
        await second.Client.RaiseEventAsync("same", "Go", "");
        Assert.True((await second.EndAsync("same")).ReadOutputAs<bool>());
    }

    [Fact]
    public async Task Hosts_share_the_work_of_one_hub()
    {
        const int Instances = 6;
        const int Width = 10;
        var runs = 0;
        void Tasks(DurableTaskRegistry tasks) => tasks
            .AddOrchestratorFunc<int>("Run", async context =>
                (await Task.WhenAll(Enumerable.Range(1, Width).Select(i => context.CallActivityAsync<int>("Count", i)))).Sum())
            .AddActivityFunc<int, int>("Count", (_, input) =>
            {
                Interlocked.Increment(ref runs);
                return input;
            });
        await using var one = await StartAsync(Tasks);
        await using var two = await StartAsync(Tasks);
        var ids = new List<string>();
        for (var i = 0; i < Instances; i++)
        {
            ids.Add(await (i % 2 == 0 ? one : two).Client.ScheduleNewOrchestrationInstanceAsync("Run"));
        }

        foreach (var id in ids)
        {
            Assert.Equal(Width * (Width + 1) / 2, (await one.EndAsync(id)).ReadOutputAs<int>());
        }

        Assert.Equal(Instances * Width, runs);
    }

    [Fact]
    public async Task Inputs_and_outputs_are_only_read_when_asked_for()
    {
        await using var host = await StartAsync(Echo);
        await host.RunAsync("Echo", 7, "echo");

        var without = (await host.Client.GetInstanceAsync("echo"))!;
        Assert.Null(without.SerializedInput);
        Assert.Null(without.SerializedOutput);
        Assert.Throws<InvalidOperationException>(() => without.ReadOutputAs<int>());
        Assert.Null(await host.Client.GetInstanceAsync("nobody"));
    }

    [Fact]
    public async Task Instances_are_found_by_state_and_prefix_page_by_page_and_are_gone_when_purged()
    {
        await using var host = await StartAsync(Echo);
        for (var i = 0; i < 3; i++)
        {
            await host.RunAsync("Echo", i, $"odd-{i}");
        }

        await host.Client.ScheduleNewOrchestrationInstanceAsync("Wait", new StartOrchestrationOptions("odd-waits"));
        await host.RunAsync("Echo", 0, "even-0");
        await host.StateAsync("odd-waits", OrchestrationRuntimeStatus.Running);
        var completed = new OrchestrationQuery(InstanceIdPrefix: "odd-", Statuses: [OrchestrationRuntimeStatus.Completed], PageSize: 2);

        Assert.Equal(["odd-0", "odd-1", "odd-2"], await IdsAsync(completed));
        Assert.Equal(["odd-waits"], await IdsAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Running])));
        Assert.Equal(1, (await host.Client.PurgeInstanceAsync("odd-1")).PurgedInstanceCount);
        Assert.Equal(0, (await host.Client.PurgeInstanceAsync("odd-1")).PurgedInstanceCount);
        Assert.Null(await host.Client.GetInstanceAsync("odd-1"));
        Assert.Equal(["odd-0", "odd-2"], await IdsAsync(completed));

        async Task<IEnumerable<string>> IdsAsync(OrchestrationQuery query)
        {
            var ids = new List<string>();
            await foreach (var instance in host.Client.GetAllInstancesAsync(query))
            {
                ids.Add(instance.InstanceId);
            }

            return ids.Order(StringComparer.Ordinal);
        }
    }

    [Fact]
    public async Task A_terminated_instance_has_ended_with_the_word_it_was_given()
    {
        await using var host = await StartAsync(Echo);
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Wait", new StartOrchestrationOptions("waits"));
        await host.StateAsync("waits", OrchestrationRuntimeStatus.Running);
        await host.Client.TerminateInstanceAsync("waits", "enough");

        var ended = await host.EndAsync("waits");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, ended.RuntimeStatus);
        Assert.Equal("enough", ended.ReadOutputAs<string>());
    }

    [Fact]
    public async Task Sub_orchestrations_return_fail_and_know_their_parent()
    {
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<string>("Parent", async context =>
            {
                var good = await context.CallSubOrchestratorAsync<string>("Child", "good");
                try
                {
                    return await context.CallSubOrchestratorAsync<string>("Child", "bad");
                }
                catch (TaskFailedException e)
                {
                    return $"{good} {e.FailureDetails.InnerFailure?.ErrorMessage ?? e.FailureDetails.ErrorMessage}";
                }
            })
            .AddOrchestratorFunc<string, string>("Child", (context, input) => input == "good"
                ? Task.FromResult($"child of {context.Parent!.InstanceId}")
                : throw new FormatException("no good")));

        Assert.Equal("child of parent no good", (await host.RunAsync("Parent", id: "parent")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Sub_orchestrations_outlive_the_host_that_began_them()
    {
        static void Tasks(DurableTaskRegistry tasks) => tasks
            .AddOrchestratorFunc<string>("Parent", async context => string.Concat(await Task.WhenAll(
                Enumerable.Range(1, 3).Select(i => context.CallSubOrchestratorAsync<string>("Child", options: new SubOrchestrationOptions(instanceId: $"child-{i}"))))))
            .AddOrchestratorFunc<string>("Child", async context =>
                await context.CallActivityAsync<string>("Echo", await context.WaitForExternalEvent<string>("Go")))
            .AddActivityFunc<string, string>("Echo", (_, input) => input);
        await using (var first = await StartAsync(Tasks))
        {
            await first.Client.ScheduleNewOrchestrationInstanceAsync("Parent", new StartOrchestrationOptions("parent"));
            for (var i = 1; i <= 3; i++)
            {
                await first.StateAsync($"child-{i}", OrchestrationRuntimeStatus.Running);
            }
        }

        await using var second = await StartAsync(Tasks);
        for (var i = 3; i >= 1; i--)
        {
            await second.Client.RaiseEventAsync($"child-{i}", "Go", $"{i}");
        }

        Assert.Equal("123", (await second.EndAsync("parent")).ReadOutputAs<string>());
    }

    [Fact]
    public virtual async Task Continue_as_new_carries_every_event_over_once()
    {
        const int Events = 21;
        var seen = new ConcurrentQueue<int>();
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<int, int>("Count", async (context, count) =>
            {
                await context.CallActivityAsync<int>("See", await context.WaitForExternalEvent<int>("Number"));
                if (count < Events)
                {
                    context.ContinueAsNew(count + 1, preserveUnprocessedEvents: true);
                }

                return count;
            })
            .AddActivityFunc<int, int>("See", (_, input) =>
            {
                seen.Enqueue(input);
                return input;
            }));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Count", 1, new StartOrchestrationOptions("count"));
        for (var i = 0; i < Events; i++)
        {
            await host.Client.RaiseEventAsync("count", "Number", i);
        }

        // In any order: what nobody has waited for is sent again by the SDK.
        var ended = await host.EndAsync("count");
        Assert.Equal(Enumerable.Range(0, Events), seen.Order());
        Assert.Equal(Events, ended.ReadOutputAs<int>());
        Assert.Equal(Events, ended.ReadInputAs<int>());
    }

    [Fact]
    public virtual async Task Terminating_an_instance_terminates_its_children_if_asked()
    {
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<string>("Parent", context => context.CallSubOrchestratorAsync<string>(
                "Child", options: new SubOrchestrationOptions(instanceId: "child")))
            .AddOrchestratorFunc<string>("Child", context => context.WaitForExternalEvent<string>("Never")));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Parent", new StartOrchestrationOptions("parent"));
        await host.StateAsync("child", OrchestrationRuntimeStatus.Running);

        await host.Client.TerminateInstanceAsync("parent", new TerminateInstanceOptions("enough", Recursive: true));

        var parent = await host.EndAsync("parent");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, parent.RuntimeStatus);
        Assert.Equal("enough", parent.ReadOutputAs<string>());
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await host.EndAsync("child")).RuntimeStatus);
    }

    [Fact]
    public virtual async Task An_instance_can_be_scheduled_and_waits_with_what_it_was_told()
    {
        await using var host = await StartAsync(tasks => tasks
            .AddOrchestratorFunc<string>("Run", context => context.WaitForExternalEvent<string>("Go")));
        var start = DateTimeOffset.UtcNow.AddMilliseconds(600);
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("later", start));
        await host.Client.RaiseEventAsync("later", "Go", "told");
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await host.Client.GetInstanceAsync("later"))!.RuntimeStatus);

        var ended = await host.EndAsync("later");
        Assert.Equal("told", ended.ReadOutputAs<string>());
        Assert.True(ended.LastUpdatedAt >= start);
    }

    private static void Echo(DurableTaskRegistry tasks) => tasks
        .AddOrchestratorFunc<int, int>("Echo", (_, input) => Task.FromResult(input))
        .AddOrchestratorFunc<string>("Wait", context => context.WaitForExternalEvent<string>("Never"));

    private sealed class Greeting
    {
        public string Text { get; } = "Hello, ";
    }

    [DurableTask]
    private sealed class Greeter(Greeting greeting) : TaskActivity<string, string>
    {
        public override Task<string> RunAsync(TaskActivityContext context, string input) => Task.FromResult(greeting.Text + input + ".");
    }
}
