using System.Text.Json;
using System.Text.Json.Serialization;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using Xunit;

namespace TfeBackup.TestSupport.Runtime;

/// <summary>
/// What every host of workflows must do, whatever it is built on. A host's tests derive from this and say how it is started; times are real, so
/// they are short.
/// </summary>
public abstract partial class RuntimeConformance
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly RetryPolicy Quick = new(3, TimeSpan.FromMilliseconds(20), 2, TimeSpan.FromSeconds(1));

    private static readonly ActivityDefinition<string, string> Work = new("Work", Json.Default.String, Json.Default.String);

    private static readonly DelegateActivity Echo = new("Echo", input => input);

    /// <summary>Starts the host under test over new, empty state.</summary>
    protected abstract Task<RuntimeHarness> StartAsync(IReadOnlyList<IOrchestration> orchestrations, IReadOnlyList<IActivity> activities);

    [Fact]
    public async Task An_orchestration_runs_its_activities_in_order_and_returns_its_output()
    {
        var instance = await RunAsync(
            async (context, input) =>
            {
                var one = await context.CallActivityAsync("Append", Quote(Text(input) + "a"));
                return await context.CallActivityAsync("Append", Quote(Text(one) + "b"));
            },
            new DelegateActivity("Append", input => Quote(Text(input) + ".")));

        Assert.Equal(WorkflowState.Completed, instance.State);
        Assert.Equal("in:a.b.", Text(instance.Output!));
        Assert.NotNull(instance.Finished);
        Assert.Null(instance.Failure);
    }

    [Fact]
    public async Task Activities_run_side_by_side()
    {
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = 0;
        var instance = await RunAsync(
            async (context, _) =>
            {
                var results = await Task.WhenAll(context.CallActivityAsync("Meet", "1"), context.CallActivityAsync("Meet", "2"));
                return $"[{string.Join(',', results)}]";
            },
            new DelegateActivity("Meet", async (_, input, cancellationToken) =>
            {
                if (Interlocked.Increment(ref running) == 2)
                {
                    both.SetResult();
                }

                await both.Task.WaitAsync(Deadline, cancellationToken);
                return input;
            }));

        Assert.Equal("[1,2]", instance.Output);
    }

    [Fact]
    public async Task A_failure_of_an_activity_reaches_the_orchestration_with_category_and_message()
    {
        var instance = await RunAsync(
            async (context, _) =>
            {
                try
                {
                    return await context.CallActivityAsync("Work", "1");
                }
                catch (WorkflowException e)
                {
                    return Quote($"{e.Error}|{e.Message}");
                }
            },
            new DelegateActivity("Work", _ => throw new WorkflowException(WorkflowError.Corrupt, "Block 3: \"expected\" 1, found 2.")));

        Assert.Equal("Corrupt|Block 3: \"expected\" 1, found 2.", Text(instance.Output!));
    }

    [Fact]
    public async Task An_unforeseen_exception_of_an_activity_is_an_internal_error_that_names_its_type()
    {
        var instance = await RunAsync(
            (context, _) => context.CallActivityAsync("Work", "1"),
            new DelegateActivity("Work", _ => throw new FormatException("seven")));

        Assert.Equal(WorkflowState.Failed, instance.State);
        Assert.Equal(WorkflowError.Internal, instance.Failure!.Error);
        Assert.Contains("FormatException", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("seven", instance.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_of_the_orchestration_is_its_outcome_with_category_and_message()
    {
        var instance = await RunAsync((_, _) => throw new WorkflowException(WorkflowError.Busy, "backup-old-1 works on it."));

        Assert.Equal(WorkflowState.Failed, instance.State);
        Assert.Equal(new WorkflowFailure(WorkflowError.Busy, "backup-old-1 works on it."), instance.Failure);
        Assert.Null(instance.Output);
    }

    [Fact]
    public async Task A_transient_failure_is_tried_again_until_it_succeeds()
    {
        var attempts = 0;
        var told = new List<string>();
        var instance = await RunAsync(
            async (context, _) => Quote(await context.CallActivityAsync(Work, "x", Quick, (e, _) => Note(context, told, e.Message))),
            new DelegateActivity("Work", input => Interlocked.Increment(ref attempts) < 3
                ? throw new WorkflowException(WorkflowError.Unavailable, "not yet")
                : input));

        Assert.Equal("x", Text(instance.Output!));
        Assert.Equal(3, attempts);
        Assert.Equal(["not yet", "not yet"], told);
    }

    [Fact]
    public async Task A_transient_failure_that_stays_is_tried_as_often_as_the_policy_says()
    {
        var attempts = 0;
        var instance = await RunAsync(
            async (context, _) => await context.CallActivityAsync(Work, "x", Quick),
            new DelegateActivity("Work", _ => throw new WorkflowException(WorkflowError.Unavailable, $"attempt {Interlocked.Increment(ref attempts)}")));

        Assert.Equal(3, attempts);
        Assert.Equal(new WorkflowFailure(WorkflowError.Unavailable, "attempt 3"), instance.Failure);
    }

    [Fact]
    public async Task A_failure_that_waiting_does_not_cure_is_not_tried_again()
    {
        var attempts = 0;
        var instance = await RunAsync(
            async (context, _) => await context.CallActivityAsync(Work, "x", Quick),
            new DelegateActivity("Work", _ => throw new WorkflowException(WorkflowError.Refused, $"attempt {Interlocked.Increment(ref attempts)}")));

        Assert.Equal(1, attempts);
        Assert.Equal(WorkflowError.Refused, instance.Failure!.Error);
    }

    [Fact]
    public async Task A_timer_completes_when_it_is_due_and_not_before()
    {
        var instance = await RunAsync(async (context, _) =>
        {
            var due = context.CurrentUtc + TimeSpan.FromMilliseconds(700);
            await context.CreateTimerAsync(due, CancellationToken.None);
            return context.CurrentUtc >= due ? "true" : "false";
        });

        Assert.Equal("true", instance.Output);
        Assert.True(instance.Finished - instance.Created >= TimeSpan.FromMilliseconds(650));
    }

    [Fact]
    public async Task A_timer_whose_time_has_passed_completes()
    {
        var instance = await RunAsync(async (context, _) =>
        {
            await context.CreateTimerAsync(context.CurrentUtc - TimeSpan.FromDays(1), CancellationToken.None);
            return "1";
        });

        Assert.Equal(WorkflowState.Completed, instance.State);
    }

    [Fact]
    public async Task A_cancelled_timer_holds_nothing_up()
    {
        var instance = await RunAsync(
            async (context, _) =>
            {
                using var done = new CancellationTokenSource();
                var timer = context.CreateTimerAsync(context.CurrentUtc + TimeSpan.FromDays(30), done.Token);
                var first = await Task.WhenAny(timer, context.CallActivityAsync("Echo", "1"));
                done.Cancel();
                return first == timer ? "\"timer\"" : timer.IsCanceled ? "\"activity\"" : "\"not cancelled\"";
            },
            Echo);

        Assert.Equal("activity", Text(instance.Output!));
    }

    [Fact]
    public async Task An_event_that_comes_before_anybody_waits_is_kept()
    {
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Run", async (context, _) =>
            {
                await context.CreateTimerAsync(context.CurrentUtc + TimeSpan.FromMilliseconds(300), CancellationToken.None);
                var first = await context.WaitForEventAsync("Answer", CancellationToken.None);
                return $"[{first},{await context.WaitForEventAsync("answer", CancellationToken.None)}]";
            })],
            []);
        await harness.Client.StartAsync("Run", "events", "1", default);
        await harness.Client.RaiseEventAsync("events", "answer", "1", default);
        await harness.Client.RaiseEventAsync("events", "ANSWER", "2", default);

        Assert.Equal("[1,2]", (await EndAsync(harness, "events")).Output);
    }

    [Fact]
    public async Task Each_event_completes_one_wait_the_oldest_first()
    {
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Run", async (context, _) =>
            {
                var first = context.WaitForEventAsync("Answer", CancellationToken.None);
                var second = context.WaitForEventAsync("Answer", CancellationToken.None);
                context.SetStatus("\"waiting\"");
                await first;
                context.SetStatus(second.IsCompleted ? "\"both\"" : "\"one\"");
                return $"[{await first},{await second}]";
            })],
            []);
        await harness.Client.StartAsync("Run", "events", "1", default);
        await StatusAsync(harness, "events", "\"waiting\"");
        await harness.Client.RaiseEventAsync("events", "Answer", "1", default);
        await StatusAsync(harness, "events", "\"one\"");
        await harness.Client.RaiseEventAsync("events", "Answer", "2", default);

        Assert.Equal("[1,2]", (await EndAsync(harness, "events")).Output);
    }

    [Fact]
    public async Task A_deadline_ends_a_wait_for_an_event()
    {
        var instance = await RunAsync(async (context, _) =>
        {
            using var giveUp = new CancellationTokenSource();
            var answer = context.WaitForEventAsync("Answer", giveUp.Token);
            var first = await Task.WhenAny(answer, context.CreateTimerAsync(context.CurrentUtc + TimeSpan.FromMilliseconds(300), CancellationToken.None));
            giveUp.Cancel();
            return first == answer ? "\"answer\"" : answer.IsCanceled ? "\"deadline\"" : "\"still waiting\"";
        });

        Assert.Equal("deadline", Text(instance.Output!));
    }

    [Fact]
    public async Task The_status_can_be_seen_while_the_operation_runs_and_afterwards()
    {
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Run", async (context, _) =>
            {
                context.SetStatus("""{"step":"waiting"}""");
                await context.WaitForEventAsync("Go", CancellationToken.None);
                context.SetStatus("""{"step":"done"}""");
                return "1";
            })],
            []);
        await harness.Client.StartAsync("Run", "status", "1", default);
        await StatusAsync(harness, "status", """{"step":"waiting"}""");
        await harness.Client.RaiseEventAsync("status", "Go", "1", default);

        Assert.Equal("done", JsonDocument.Parse((await EndAsync(harness, "status")).Status!).RootElement.GetProperty("step").GetString());
    }

    [Fact]
    public async Task Identifiers_and_times_are_the_same_in_every_replay()
    {
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Run", async (context, _) =>
            {
                var before = $"{context.NewGuid()} {context.NewGuid()} {context.CurrentUtc:O}";
                var seen = Text(await context.CallActivityAsync("Echo", Quote(before)));
                await context.WaitForEventAsync("Go", CancellationToken.None);
                return Quote(seen == before ? $"same {context.NewGuid()}" : $"was {seen}, is {before}");
            })],
            [Echo]);
        await harness.Client.StartAsync("Run", "first", "1", default);
        await harness.Client.StartAsync("Run", "second", "1", default);
        await harness.RestartAsync();
        await harness.Client.RaiseEventAsync("first", "Go", "1", default);
        await harness.Client.RaiseEventAsync("second", "Go", "1", default);

        var first = Text((await EndAsync(harness, "first")).Output!);
        var second = Text((await EndAsync(harness, "second")).Output!);
        Assert.StartsWith("same ", first, StringComparison.Ordinal);
        Assert.StartsWith("same ", second, StringComparison.Ordinal);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task An_id_is_used_once()
    {
        var runs = 0;
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Run", (context, _) => context.CallActivityAsync("Work", "1"))],
            [new DelegateActivity("Work", _ => $"{Interlocked.Increment(ref runs)}")]);

        Assert.True(await harness.Client.StartAsync("Run", "once", "1", default));
        Assert.False(await harness.Client.StartAsync("Run", "once", "1", default));
        Assert.Equal("1", (await EndAsync(harness, "once")).Output);
        Assert.False(await harness.Client.StartAsync("Run", "once", "1", default));
        Assert.Equal("1", (await EndAsync(harness, "once")).Output);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task An_operation_goes_on_where_it_was_when_its_host_starts_again()
    {
        var runs = 0;
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Run", async (context, _) =>
            {
                var before = await context.CallActivityAsync("Work", "1");
                context.SetStatus("\"waiting\"");
                await context.WaitForEventAsync("Go", CancellationToken.None);
                await context.CreateTimerAsync(context.CurrentUtc + TimeSpan.FromMilliseconds(200), CancellationToken.None);
                return $"[{before},{await context.CallActivityAsync("Work", "1")}]";
            })],
            [new DelegateActivity("Work", _ => $"{Interlocked.Increment(ref runs)}")]);
        await harness.Client.StartAsync("Run", "resumed", "1", default);
        await StatusAsync(harness, "resumed", "\"waiting\"");
        await harness.RestartAsync();
        await harness.Client.RaiseEventAsync("resumed", "Go", "1", default);
        await harness.RestartAsync();

        Assert.Equal("[1,2]", (await EndAsync(harness, "resumed")).Output);
    }

    [Fact]
    public async Task An_activity_that_was_interrupted_runs_again()
    {
        var starts = 0;
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Run", (context, _) => context.CallActivityAsync("Work", "1"))],
            [new DelegateActivity("Work", async (_, _, cancellationToken) =>
            {
                if (Interlocked.Increment(ref starts) == 1)
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }

                return "7";
            })]);
        await harness.Client.StartAsync("Run", "interrupted", "1", default);
        await WaitFor.ConditionAsync(() => Volatile.Read(ref starts) == 1, "the activity to begin", Deadline);
        await harness.RestartAsync();

        Assert.Equal("7", (await EndAsync(harness, "interrupted")).Output);
        Assert.Equal(2, starts);
    }

    [Fact]
    public async Task A_terminated_operation_has_ended_and_stays_so()
    {
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Run", (context, _) => context.WaitForEventAsync("Go", CancellationToken.None))], []);
        await harness.Client.StartAsync("Run", "terminated", "1", default);
        await harness.Client.TerminateAsync("terminated", "because", default);
        var instance = await EndAsync(harness, "terminated");
        await harness.Client.RaiseEventAsync("terminated", "Go", "1", default);
        await harness.Client.TerminateAsync("terminated", "again", default);

        Assert.Equal(WorkflowState.Terminated, instance.State);
        Assert.Equal(WorkflowState.Terminated, (await EndAsync(harness, "terminated")).State);
    }

    [Fact]
    public async Task Code_that_no_longer_fits_the_history_is_caught_by_name()
    {
        var changed = false;
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Fickle", async (context, _) =>
            {
                await context.CallActivityAsync(Volatile.Read(ref changed) ? "Echo" : "Work", "1");
                context.SetStatus("\"waiting\"");
                return await context.WaitForEventAsync("Go", CancellationToken.None);
            })],
            [Echo, new DelegateActivity("Work", input => input)]);
        await harness.Client.StartAsync("Fickle", "fickle", "1", default);
        await StatusAsync(harness, "fickle", "\"waiting\"");
        Volatile.Write(ref changed, true);
        await harness.RestartAsync();
        await harness.Client.RaiseEventAsync("fickle", "Go", "1", default);

        var instance = await EndAsync(harness, "fickle");
        Assert.Equal(WorkflowState.Failed, instance.State);
        Assert.Equal(WorkflowError.NonDeterministic, instance.Failure!.Error);
        Assert.Contains("Work", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("Echo", instance.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inputs_and_outputs_of_forty_kilobytes_arrive_whole()
    {
        var text = string.Concat(Enumerable.Range(0, 5_000).Select(i => i % 10 == 0 ? "é\"\\" : $"{i:D5}"))[..20_000];
        var instance = await RunAsync(async (context, _) => await context.CallActivityAsync("Echo", Quote(text)), Echo);

        Assert.Equal(text, Text(instance.Output!));
    }

    [Fact]
    public async Task Operations_are_found_and_listed_newest_first()
    {
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Wait", (context, _) => context.WaitForEventAsync("Go", CancellationToken.None)),
            new DelegateOrchestration("End", (_, input) => Task.FromResult(input))],
            []);
        await harness.Client.StartAsync("End", "a-1", "1", default);
        await EndAsync(harness, "a-1");
        await harness.Client.StartAsync("Wait", "a-2", "2", default);
        await harness.Client.StartAsync("Wait", "b-3", "3", default);

        Assert.Equal(["b-3", "a-2", "a-1"], await ListAsync(harness, new WorkflowQuery()));
        Assert.Equal(["a-2", "a-1"], await ListAsync(harness, new WorkflowQuery { IdPrefix = "a-" }));
        Assert.Equal(["b-3", "a-2"], await ListAsync(harness, new WorkflowQuery { State = WorkflowState.Running }));
        Assert.Equal(["b-3"], await ListAsync(harness, new WorkflowQuery { Limit = 1 }));
        var found = await harness.Client.FindAsync("a-2", default);
        Assert.Equal(("a-2", "Wait", "2"), (found!.Id, found.Name, found.Input));
    }

    [Fact]
    public async Task What_ended_before_a_time_is_forgotten_but_for_what_is_excepted()
    {
        await using var harness = await StartAsync(
            [new DelegateOrchestration("Wait", (context, _) => context.WaitForEventAsync("Go", CancellationToken.None)),
            new DelegateOrchestration("End", (_, input) => Task.FromResult(input))],
            []);
        await harness.Client.StartAsync("Wait", "running", "1", default);
        await harness.Client.StartAsync("Wait", "slow", "1", default);
        await harness.Client.StartAsync("End", "ended", "1", default);
        await harness.Client.StartAsync("End", "excepted", "1", default);
        await EndAsync(harness, "ended");
        await EndAsync(harness, "excepted");
        var before = DateTimeOffset.UtcNow;
        await harness.Client.RaiseEventAsync("slow", "Go", "1", default);
        await EndAsync(harness, "slow");
        var except = new HashSet<string> { "excepted" };

        Assert.Equal(1, await harness.Client.PurgeAsync(before, except, default));
        Assert.Equal(0, await harness.Client.PurgeAsync(before, except, default));
        Assert.Null(await harness.Client.FindAsync("ended", default));
        Assert.Equal(["excepted", "running", "slow"], (await ListAsync(harness, new WorkflowQuery())).Order(StringComparer.Ordinal));
        Assert.True(await harness.Client.StartAsync("End", "ended", "1", default));
        Assert.False(await harness.Client.StartAsync("End", "excepted", "1", default));
    }

    [Fact]
    public async Task An_operation_that_does_not_exist_is_not_found()
    {
        await using var harness = await StartAsync([], []);

        Assert.Null(await harness.Client.FindAsync("nobody", default));
        foreach (var call in (Func<Task>[])[
            () => harness.Client.RaiseEventAsync("nobody", "Go", "1", default),
            () => harness.Client.TerminateAsync("nobody", "because", default),
            () => harness.Client.WaitAsync("nobody", default)])
        {
            Assert.Equal(WorkflowError.NotFound, (await Assert.ThrowsAsync<WorkflowException>(call)).Error);
        }
    }

    [Fact]
    public async Task An_exclusive_claim_keeps_others_out_and_names_its_holder()
    {
        await using var harness = await StartWaitersAsync("a", "b");

        Assert.Null(await harness.Claims.TryAcquireAsync(new ClaimRequest("installation/old", "a", Exclusive: true), default));
        Assert.Null(await harness.Claims.TryAcquireAsync(new ClaimRequest("installation/old", "a", Exclusive: true), default));
        Assert.Equal("a", await harness.Claims.TryAcquireAsync(new ClaimRequest("installation/old", "b", Exclusive: true), default));
        Assert.Equal("a", await harness.Claims.TryAcquireAsync(new ClaimRequest("installation/old", "b", Exclusive: false), default));
        Assert.Equal("a", await harness.Claims.FindHolderAsync("installation/old", default));
        Assert.Null(await harness.Claims.TryAcquireAsync(new ClaimRequest("installation/new", "b", Exclusive: true), default));
        Assert.Null(await harness.Claims.FindHolderAsync("installation/other", default));
    }

    [Fact]
    public async Task Shared_claims_keep_only_exclusive_ones_out()
    {
        await using var harness = await StartWaitersAsync("a", "b", "c");

        Assert.Null(await harness.Claims.TryAcquireAsync(new ClaimRequest("backup/x", "a", Exclusive: false), default));
        Assert.Null(await harness.Claims.TryAcquireAsync(new ClaimRequest("backup/x", "b", Exclusive: false), default));
        Assert.NotNull(await harness.Claims.TryAcquireAsync(new ClaimRequest("backup/x", "c", Exclusive: true), default));
        await harness.Claims.ReleaseAsync("backup/x", "a", default);
        Assert.Equal("b", await harness.Claims.TryAcquireAsync(new ClaimRequest("backup/x", "c", Exclusive: true), default));
        await harness.Claims.ReleaseAsync("backup/x", "b", default);
        await harness.Claims.ReleaseAsync("backup/x", "b", default);
        Assert.Null(await harness.Claims.TryAcquireAsync(new ClaimRequest("backup/x", "c", Exclusive: true), default));
    }

    [Fact]
    public async Task A_claim_outlives_its_host_and_is_void_once_its_operation_has_ended()
    {
        await using var harness = await StartWaitersAsync("a", "b", "c");
        var resource = "installation/old";
        await harness.Claims.TryAcquireAsync(new ClaimRequest(resource, "a", Exclusive: true), default);
        await harness.RestartAsync();
        Assert.Equal("a", await harness.Claims.TryAcquireAsync(new ClaimRequest(resource, "b", Exclusive: true), default));

        await harness.Client.RaiseEventAsync("a", "Go", "1", default);
        await EndAsync(harness, "a");
        Assert.Null(await harness.Claims.FindHolderAsync(resource, default));
        Assert.Null(await harness.Claims.TryAcquireAsync(new ClaimRequest(resource, "b", Exclusive: true), default));

        await harness.Client.TerminateAsync("b", "because", default);
        await EndAsync(harness, "b");
        Assert.Null(await harness.Claims.TryAcquireAsync(new ClaimRequest(resource, "c", Exclusive: true), default));
    }

    [Fact]
    public async Task Of_many_that_claim_at_once_one_wins()
    {
        var ids = Enumerable.Range(0, 8).Select(i => $"claimant-{i}").ToArray();
        await using var harness = await StartWaitersAsync(ids);
        var holders = await Task.WhenAll(ids.Select(id => Task.Run(
            () => harness.Claims.TryAcquireAsync(new ClaimRequest("installation/old", id, Exclusive: true), default))));

        var winner = ids[Array.IndexOf(holders, null)];
        Assert.Equal(1, holders.Count(holder => holder is null));
        Assert.All(holders, holder => Assert.True(holder is null || holder == winner));
    }

    protected static async Task<WorkflowInstance> EndAsync(RuntimeHarness harness, string instanceId)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return await harness.Client.WaitAsync(instanceId, deadline.Token);
    }

    protected static Task StatusAsync(RuntimeHarness harness, string instanceId, string status) => WaitFor.ConditionAsync(
        async () => (await harness.Client.FindAsync(instanceId, default))?.Status == status, $"status {status}", Deadline);

    private async Task<RuntimeHarness> StartWaitersAsync(params string[] ids)
    {
        var harness = await StartAsync(
            [new DelegateOrchestration("Wait", (context, _) => context.WaitForEventAsync("Go", CancellationToken.None))], []);
        foreach (var id in ids)
        {
            await harness.Client.StartAsync("Wait", id, "1", default);
        }

        return harness;
    }

    private static async Task<List<string>> ListAsync(RuntimeHarness harness, WorkflowQuery query)
    {
        var ids = new List<string>();
        await foreach (var instance in harness.Client.ListAsync(query, default))
        {
            ids.Add(instance.Id);
        }

        return ids;
    }

    private async Task<WorkflowInstance> RunAsync(Func<IWorkflowContext, string, Task<string>> run, params IActivity[] activities)
    {
        await using var harness = await StartAsync([new DelegateOrchestration("Run", run)], activities);
        await harness.Client.StartAsync("Run", "run-1", Quote("in:"), default);
        return await EndAsync(harness, "run-1");
    }

    private static void Note(IWorkflowContext context, List<string> told, string message)
    {
        if (!context.IsReplaying)
        {
            told.Add(message);
        }
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text, Json.Default.String);

    private static string Text(string json) => JsonSerializer.Deserialize(json, Json.Default.String)!;

    [JsonSerializable(typeof(string))]
    private sealed partial class Json : JsonSerializerContext;
}
