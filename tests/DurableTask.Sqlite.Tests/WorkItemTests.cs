using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.History;
using DurableTask.Sqlite.Tests.Support;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Worker;

namespace DurableTask.Sqlite.Tests;

/// <summary>Who holds work, who may finish it, and what becomes of work that cannot be done.</summary>
public sealed class WorkItemTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly TempFolder _folder = new();
    private readonly List<SqliteOrchestrationService> _services = [];

    private string File => _folder.Combine("orchestrations.db");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task A_worker_that_has_lost_an_instance_can_commit_nothing()
    {
        var first = await WorkerAsync();
        var second = await WorkerAsync();
        await first.CreateTaskOrchestrationAsync(Started("a"));
        var lost = (await first.LockNextTaskOrchestrationWorkItemAsync(Deadline, default))!;
        RawSql.Execute(File, "UPDATE instance SET locked_by = NULL");
        var held = (await second.LockNextTaskOrchestrationWorkItemAsync(Deadline, default))!;

        await Assert.ThrowsAsync<SessionAbortedException>(() => CompleteAsync(first, lost, "first"));
        Assert.Equal(OrchestrationStatus.Pending, (await first.GetOrchestrationStateAsync("a", null))!.OrchestrationStatus);
        Assert.Equal(0, RawSql.Number(File, "SELECT count(*) FROM task"));

        // Nor can it give away what the other holds.
        await first.AbandonTaskOrchestrationWorkItemAsync(lost);
        await first.ReleaseTaskOrchestrationWorkItemAsync(lost);
        await CompleteAsync(second, held, "second");
        Assert.Equal("second", RawSql.Text(File, "SELECT name FROM task"));
    }

    [Fact]
    public async Task A_worker_cannot_commit_to_an_instance_that_took_the_id_of_its_own()
    {
        var worker = await WorkerAsync();
        await worker.CreateTaskOrchestrationAsync(Started("a"));
        var old = (await worker.LockNextTaskOrchestrationWorkItemAsync(Deadline, default))!;
        await worker.CreateTaskOrchestrationAsync(Started("a"), []);
        var current = (await worker.LockNextTaskOrchestrationWorkItemAsync(Deadline, default))!;

        await Assert.ThrowsAsync<SessionAbortedException>(() => CompleteAsync(worker, old, "old"));
        await CompleteAsync(worker, current, "current");
        Assert.Equal("current", RawSql.Text(File, "SELECT name FROM task"));
    }

    [Fact]
    public async Task An_activity_that_another_worker_has_by_now_is_not_finished_by_the_first()
    {
        var first = await WorkerAsync();
        var second = await WorkerAsync();
        await first.CreateTaskOrchestrationAsync(Started("a"));
        await CompleteAsync(first, (await first.LockNextTaskOrchestrationWorkItemAsync(Deadline, default))!, "Work");
        var lost = (await first.LockNextTaskActivityWorkItem(Deadline, default))!;
        RawSql.Execute(File, "UPDATE task SET locked_by = NULL");
        var held = (await second.LockNextTaskActivityWorkItem(Deadline, default))!;

        await first.CompleteTaskActivityWorkItemAsync(lost, Response(lost, "first"));
        Assert.Equal(0, RawSql.Number(File, "SELECT count(*) FROM message"));
        await second.CompleteTaskActivityWorkItemAsync(held, Response(held, "second"));
        await second.CompleteTaskActivityWorkItemAsync(held, Response(held, "twice"));
        Assert.Equal(1, RawSql.Number(File, "SELECT count(*) FROM message WHERE message LIKE '%second%'"));
        Assert.Equal(1, RawSql.Number(File, "SELECT count(*) FROM message"));
    }

    [Fact]
    public async Task An_event_is_raised_when_an_activity_is_redelivered()
    {
        var first = await WorkerAsync();
        var second = await WorkerAsync(options => options.RedeliveryEvent = "again");
        await first.CreateTaskOrchestrationAsync(Started("a"));
        await CompleteAsync(first, (await first.LockNextTaskOrchestrationWorkItemAsync(Deadline, default))!, "Work");
        await second.AbandonTaskActivityWorkItemAsync((await second.LockNextTaskActivityWorkItem(Deadline, default))!);
        Assert.Equal(0, RawSql.Number(File, "SELECT count(*) FROM message"));
        RawSql.Execute(File, "UPDATE task SET locked_by = NULL, available = 0");
        await second.LockNextTaskActivityWorkItem(Deadline, default);

        var told = Assert.IsType<EventRaisedEvent>(
            Assert.Single((await second.LockNextTaskOrchestrationWorkItemAsync(Deadline, default))!.NewMessages).Event);
        Assert.Equal(("again", "\"Work\""), (told.Name, told.Input));
    }

    [Fact]
    public async Task An_ended_instance_leaves_no_activities_behind()
    {
        var service = await WorkerAsync();
        await service.CreateTaskOrchestrationAsync(Started("a"));
        await CompleteAsync(service, (await service.LockNextTaskOrchestrationWorkItemAsync(Deadline, default))!, "Work");
        await service.ForceTerminateTaskOrchestrationAsync("a", "\"no\"");
        var item = (await service.LockNextTaskOrchestrationWorkItemAsync(Deadline, default))!;
        var runtime = item.OrchestrationRuntimeState;
        item.NewMessages.ToList().ForEach(message => runtime.AddEvent(message.Event));
        runtime.AddEvent(new ExecutionCompletedEvent(1, "\"no\"", OrchestrationStatus.Terminated));
        await service.CompleteTaskOrchestrationWorkItemAsync(item, runtime, [], [], [], null, State(runtime));

        Assert.Equal(0, RawSql.Number(File, "SELECT count(*) FROM task"));
        Assert.Equal(OrchestrationStatus.Terminated, (await service.GetOrchestrationStateAsync("a", null))!.OrchestrationStatus);
    }

    [Theory]
    [InlineData("UPDATE message SET message = '{'")]
    [InlineData("UPDATE message SET message = replace(message, 'ExecutionStarted', 'Unheard')")]
    public async Task Unreadable_work_is_retried_with_growing_delays_and_blocks_nothing(string spoil)
    {
        await using (var client = await TestHost.StartAsync(File))
        {
            await client.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("bad"));
        }

        RawSql.Execute(File, spoil);
        await using var host = await TestHost.StartAsync(File, tasks => tasks
            .AddOrchestratorFunc<string>("Run", context => context.CallActivityAsync<string>("Echo", "1"))
            .AddActivityFunc<string, string>("Echo", (_, input) => input));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("1", (await host.RunAsync("Run")).ReadOutputAs<string>());
        }

        Assert.InRange(RawSql.Number(File, "SELECT attempts FROM instance WHERE id = 'bad'"), 1, 3);
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await host.Client.GetInstanceAsync("bad"))!.RuntimeStatus);
    }

    [Fact]
    public async Task Rejected_work_is_retried_with_growing_delays_and_blocks_nothing()
    {
        await using var host = await TestHost.StartAsync(
            File,
            tasks => tasks.AddOrchestratorFunc<string>("Run", _ => Task.FromResult("1")),
            worker: worker => worker.UseVersioning(new DurableTaskWorkerOptions.VersioningOptions
            {
                Version = "2.0",
                MatchStrategy = DurableTaskWorkerOptions.VersionMatchStrategy.CurrentOrOlder,
            }));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("new") { Version = "3.0" });
        await Eventually.TrueAsync(() => RawSql.Number(File, "SELECT attempts FROM instance WHERE id = 'new'") > 0, "the first attempt");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("1", (await host.RunAsync("Run")).ReadOutputAs<string>());
        }

        Assert.InRange(RawSql.Number(File, "SELECT attempts FROM instance WHERE id = 'new'"), 1, 3);
    }

    [Fact]
    public async Task A_failure_while_the_host_stops_is_not_recorded_and_a_success_is()
    {
        var begun = new CountdownEvent(2);
        void Tasks(DurableTaskRegistry tasks, TestHostLifetime lifetime, bool stays) => tasks
            .AddOrchestratorFunc<string>("Run", async context => string.Join(
                ' ', await Task.WhenAll(context.CallActivityAsync<string>("Work", "fails"), context.CallActivityAsync<string>("Work", "succeeds"))))
            .AddActivityFunc<string, string>("Work", async (_, input) =>
            {
                begun.Signal();
                if (stays)
                {
                    try
                    {
                        await Task.Delay(Timeout.Infinite, lifetime.Stopping);
                    }
                    catch (OperationCanceledException) when (input == "succeeds")
                    {
                        return "first";
                    }
                }

                return "second";
            });

        var stopping = new TestHostLifetime();
        var first = await TestHost.StartAsync(File, tasks => Tasks(tasks, stopping, stays: true));
        using (first.Lifetime.ApplicationStopping.Register(stopping.Stop))
        {
            await first.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("stops"));
            Assert.True(begun.Wait(Eventually.Deadline));
            await first.DisposeAsync();
        }

        begun.Reset();
        await using var second = await TestHost.StartAsync(File, tasks => Tasks(tasks, stopping, stays: false));
        Assert.Equal("second first", (await second.EndAsync("stops")).ReadOutputAs<string>());
    }

    private static TaskMessage Started(string id)
    {
        var instance = new OrchestrationInstance { InstanceId = id, ExecutionId = Guid.NewGuid().ToString("N") };
        return new TaskMessage { OrchestrationInstance = instance, Event = new ExecutionStartedEvent(-1, null) { Name = "Run", OrchestrationInstance = instance } };
    }

    /// <summary>What the dispatcher does with an orchestrator that calls one activity.</summary>
    private static Task CompleteAsync(SqliteOrchestrationService service, TaskOrchestrationWorkItem item, string activity)
    {
        var runtime = item.OrchestrationRuntimeState;
        runtime.AddEvent(new OrchestratorStartedEvent(-1));
        item.NewMessages.ToList().ForEach(message => runtime.AddEvent(message.Event));
        var scheduled = new TaskScheduledEvent(0, activity, "", null);
        runtime.AddEvent(scheduled);
        return service.CompleteTaskOrchestrationWorkItemAsync(
            item, runtime, [new TaskMessage { OrchestrationInstance = runtime.OrchestrationInstance, Event = scheduled }], [], [], null, State(runtime));
    }

    private static OrchestrationState State(OrchestrationRuntimeState runtime) => new()
    {
        OrchestrationInstance = runtime.OrchestrationInstance,
        Name = runtime.Name,
        OrchestrationStatus = runtime.OrchestrationStatus,
        Output = runtime.Output,
    };

    private static TaskMessage Response(TaskActivityWorkItem item, string result) => new()
    {
        OrchestrationInstance = item.TaskMessage.OrchestrationInstance,
        Event = new TaskCompletedEvent(-1, 0, result),
    };

    private async Task<SqliteOrchestrationService> WorkerAsync(Action<SqliteOrchestrationOptions>? configure = null)
    {
        var options = new SqliteOrchestrationOptions { Path = File, SessionIdleTimeout = TimeSpan.Zero };
        configure?.Invoke(options);
        var service = new SqliteOrchestrationService(options);
        _services.Add(service);
        await service.StartAsync();
        return service;
    }

    private sealed class TestHostLifetime
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken Stopping => _stopping.Token;

        public void Stop() => _stopping.Cancel();
    }
}
