using DurableTask.Sqlite.Tests.Support;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.Sqlite.Tests;

/// <summary>What an orchestrator may do, through the host as an application builds it.</summary>
public sealed class OrchestrationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string File => _folder.Combine("state", "orchestrations.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Unregistered_tasks_fail_by_name()
    {
        await using var host = await TestHost.StartAsync(
            File, tasks => tasks.AddOrchestratorFunc<string>("Run", context => context.CallActivityAsync<string>("Gone", "x")));

        var missing = await host.RunAsync("Nobody");
        Assert.Equal("OrchestratorTaskNotFound", missing.FailureDetails!.ErrorType);
        Assert.Contains("'Nobody'", missing.FailureDetails.ErrorMessage, StringComparison.Ordinal);
        var caller = await host.RunAsync("Run");
        Assert.Equal("ActivityTaskNotFound", caller.FailureDetails!.InnerFailure!.ErrorType);
        Assert.Contains("'Gone'", caller.FailureDetails.InnerFailure.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timer_fires_when_it_is_due_and_a_cancelled_one_holds_nothing_up()
    {
        await using var host = await TestHost.StartAsync(File, tasks => tasks
            .AddOrchestratorFunc<bool>("Run", async context =>
            {
                using var cancel = new CancellationTokenSource();
                var far = context.CreateTimer(context.CurrentUtcDateTime.AddDays(30), cancel.Token);
                var due = context.CurrentUtcDateTime.AddMilliseconds(400);
                await context.CreateTimer(due, CancellationToken.None);
                cancel.Cancel();
                return context.CurrentUtcDateTime >= due && !far.IsCompletedSuccessfully;
            }));

        var ended = await host.RunAsync("Run");
        Assert.True(ended.ReadOutputAs<bool>());
        Assert.True(ended.LastUpdatedAt - ended.CreatedAt >= TimeSpan.FromMilliseconds(390));
    }

    [Fact]
    public async Task Continue_as_new_begins_a_new_history()
    {
        await using var host = await TestHost.StartAsync(File, tasks => tasks
            .AddOrchestratorFunc<int, int>("Count", (context, count) =>
            {
                if (count < 5)
                {
                    context.ContinueAsNew(count + 1);
                }

                return Task.FromResult(count);
            }));

        var ended = await host.RunAsync("Count", 1, "count");
        Assert.Equal((5, 5), (ended.ReadInputAs<int>(), ended.ReadOutputAs<int>()));
        Assert.Single((await host.Client.GetOrchestrationHistoryAsync("count")).OfType<Core.History.ExecutionStartedEvent>());
    }

    [Fact]
    public async Task A_failure_reaches_the_orchestrator_and_the_client_with_inner_causes_and_properties()
    {
        await using var host = await TestHost.StartAsync(
            File,
            tasks => tasks
                .AddOrchestratorFunc<string>("Caught", async context =>
                {
                    try
                    {
                        return await context.CallActivityAsync<string>("Fail", "x");
                    }
                    catch (TaskFailedException e)
                    {
                        return Describe(e.FailureDetails);
                    }
                })
                .AddOrchestratorFunc<string>("Uncaught", context => context.CallActivityAsync<string>("Fail", "x"))
                .AddOrchestratorFunc<string>("Own", Task<string> (_) => throw new InvalidOperationException("Own.", new FormatException("Inner.")))
                .AddActivityFunc<string, string>("Fail", string (_, _) => throw new InvalidOperationException("Outer.", new FormatException("Inner."))),
            services: services => services.AddSingleton<IExceptionPropertiesProvider, HResults>());
        const string Expected = "System.InvalidOperationException Outer. {code=InvalidOperationException, tries=2} < System.FormatException Inner. {code=FormatException, tries=2}";

        Assert.Equal(Expected, (await host.RunAsync("Caught")).ReadOutputAs<string>());
        var uncaught = await host.RunAsync("Uncaught");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, uncaught.RuntimeStatus);
        Assert.Contains("Outer.", uncaught.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(Expected, Describe(uncaught.FailureDetails.InnerFailure!));
        var own = (await host.RunAsync("Own")).FailureDetails!;
        Assert.Equal("System.InvalidOperationException", own.ErrorType);
        Assert.Equal("InvalidOperationException", own.Properties!["code"]);
        Assert.Equal("Inner.", own.InnerFailure!.ErrorMessage);
    }

    [Fact]
    public async Task With_filters_a_worker_leaves_unknown_tasks_to_others()
    {
        await using var host = await TestHost.StartAsync(
            File, tasks => tasks.AddOrchestratorFunc<string>("Known", _ => Task.FromResult("1")), worker: worker => worker.UseWorkItemFilters());
        var other = await host.Client.ScheduleNewOrchestrationInstanceAsync("Other");
        Assert.Equal("1", (await host.RunAsync("known")).ReadOutputAs<string>());
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await host.Client.GetInstanceAsync(other))!.RuntimeStatus);

        await using var second = await TestHost.StartAsync(File, tasks => tasks.AddOrchestratorFunc<string>("Other", _ => Task.FromResult("2")));
        Assert.Equal("2", (await host.EndAsync(other)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_worker_that_is_there_for_one_instance_works_on_it_and_its_children_alone()
    {
        static void Tasks(DurableTaskRegistry tasks) => tasks
            .AddOrchestratorFunc<string>("Parent", context => context.CallSubOrchestratorAsync<string>("Child"))
            .AddOrchestratorFunc<string>("Child", context => context.CallActivityAsync<string>("Echo", "1"))
            .AddActivityFunc<string, string>("Echo", (_, input) => input);
        await using var host = await TestHost.StartAsync(File, Tasks, options => options.OnlyInstances = "mi?e");
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Child", new StartOrchestrationOptions("other"));
        Assert.Equal("1", (await host.RunAsync("Parent", id: "mine")).ReadOutputAs<string>());
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await host.Client.GetInstanceAsync("other"))!.RuntimeStatus);

        await using var second = await TestHost.StartAsync(File, Tasks);
        Assert.Equal("1", (await host.EndAsync("other")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_sub_orchestration_whose_id_is_in_use_fails()
    {
        await using var host = await TestHost.StartAsync(File, tasks => tasks
            .AddOrchestratorFunc<string>("Parent", context => context.CallSubOrchestratorAsync<string>(
                "Child", options: new SubOrchestrationOptions(instanceId: "taken")))
            .AddOrchestratorFunc<string>("Child", context => context.WaitForExternalEvent<string>("Never")));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Child", new StartOrchestrationOptions("taken"));
        await host.StateAsync("taken", OrchestrationRuntimeStatus.Running);

        var ended = await host.RunAsync("Parent");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Contains("'taken'", ended.FailureDetails!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_no_longer_fits_its_history_fails_and_says_so()
    {
        static Action<DurableTaskRegistry> Tasks(string activity) => tasks => tasks
            .AddOrchestratorFunc<string>("Run", async context =>
            {
                await context.CallActivityAsync<string>(activity, "x");
                context.SetCustomStatus("waiting");
                return await context.WaitForExternalEvent<string>("Go");
            })
            .AddActivityFunc<string, string>(activity, (_, input) => input);
        await using (var first = await TestHost.StartAsync(File, Tasks("Before")))
        {
            await first.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("changed"));
            await first.StatusAsync("changed", "waiting");
        }

        await using var second = await TestHost.StartAsync(File, Tasks("After"));
        await second.Client.RaiseEventAsync("changed", "Go", "");
        var failure = (await second.EndAsync("changed")).FailureDetails!;
        Assert.Equal("DurableTask.Core.Exceptions.NonDeterministicOrchestrationException", failure.ErrorType);
        Assert.Contains("Before", failure.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("After", failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_orchestrator_sees_the_version_it_was_started_with_and_a_worker_refuses_newer_ones()
    {
        await using var host = await TestHost.StartAsync(
            File,
            tasks => tasks.AddOrchestratorFunc<string>("Run", context => Task.FromResult(context.Version)),
            worker: worker => worker.UseVersioning(new DurableTaskWorkerOptions.VersioningOptions
            {
                Version = "2.0",
                MatchStrategy = DurableTaskWorkerOptions.VersionMatchStrategy.CurrentOrOlder,
                FailureStrategy = DurableTaskWorkerOptions.VersionFailureStrategy.Fail,
            }));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("old") { Version = "1.5" });
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("new") { Version = "3.0" });

        Assert.Equal("1.5", (await host.EndAsync("old")).ReadOutputAs<string>());
        Assert.Equal("VersionMismatch", (await host.EndAsync("new")).FailureDetails!.ErrorType);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_long_history_is_appended_to(int sessionSeconds)
    {
        const int Length = 300;
        await using var host = await TestHost.StartAsync(
            File,
            tasks => tasks
                .AddOrchestratorFunc<int>("Run", async context =>
                {
                    var sum = 0;
                    for (var i = 0; i < Length; i++)
                    {
                        sum += await context.CallActivityAsync<int>("Echo", i);
                    }

                    return sum;
                })
                .AddActivityFunc<int, int>("Echo", (_, input) => input),
            options => options.SessionIdleTimeout = TimeSpan.FromSeconds(sessionSeconds));

        Assert.Equal(Length * (Length - 1) / 2, (await host.RunAsync("Run", id: "long")).ReadOutputAs<int>());
        var history = await host.Client.GetOrchestrationHistoryAsync("long");
        Assert.Equal(Length, history.Count(entry => entry.EventType == Core.History.EventType.TaskScheduled));
        Assert.Equal(Length, history.Count(entry => entry.EventType == Core.History.EventType.TaskCompleted));
    }

    [Fact]
    public async Task A_host_sees_its_own_changes_without_polling()
    {
        await using var host = await TestHost.StartAsync(
            File,
            tasks => tasks
                .AddOrchestratorFunc<string>("Parent", async context =>
                    await context.WaitForExternalEvent<string>("Go") + await context.CallSubOrchestratorAsync<string>("Child"))
                .AddOrchestratorFunc<string>("Child", context => context.CallActivityAsync<string>("Echo", "1"))
                .AddActivityFunc<string, string>("Echo", (_, input) => input),
            options => options.PollingInterval = TimeSpan.FromMinutes(1));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Parent", new StartOrchestrationOptions("prompt"));
        await host.Client.WaitForInstanceStartAsync("prompt");
        await host.Client.RaiseEventAsync("prompt", "Go", "0");

        Assert.Equal("01", (await host.EndAsync("prompt")).ReadOutputAs<string>());
    }

    private static string Describe(TaskFailureDetails failure) =>
        $"{failure.ErrorType} {failure.ErrorMessage} {{{string.Join(", ", failure.Properties?.Select(p => $"{p.Key}={p.Value}") ?? [])}}}"
        + (failure.InnerFailure is { } inner ? " < " + Describe(inner) : "");

    private sealed class HResults : IExceptionPropertiesProvider
    {
        public IDictionary<string, object?> GetExceptionProperties(Exception exception) =>
            new Dictionary<string, object?> { ["code"] = exception.GetType().Name, ["tries"] = 2 };
    }
}
