using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using TfeBackup.Local.Runtime;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Runtime;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;
using Xunit;

namespace TfeBackup.Local.Tests.Runtime;

public sealed class JournalTests
{
    [Fact]
    public void A_new_journal_is_for_its_owner_alone()
    {
        using var folder = new TempFolder();
        var path = folder.Combine("state", "journal.db");
        using var journal = Journal.Open(path, TimeProvider.System);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_by_name()
    {
        using var folder = new TempFolder();
        var path = folder.Combine("notes.txt");
        File.WriteAllText(path, string.Concat(Enumerable.Repeat("not a database\n", 100)));
        var refused = Assert.Throws<WorkflowException>(() => Journal.Open(path, TimeProvider.System));

        Assert.Equal(WorkflowError.InvalidConfiguration, refused.Error);
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("State:Path", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_program_s_database_is_refused_and_left_as_it_is()
    {
        using var folder = new TempFolder();
        var path = folder.Combine("other.db");
        Execute(path, "CREATE TABLE t (a)");
        var refused = Assert.Throws<WorkflowException>(() => Journal.Open(path, TimeProvider.System));

        Assert.Equal(WorkflowError.InvalidConfiguration, refused.Error);
        Execute(path, "INSERT INTO t VALUES (1)");
    }

    [Fact]
    public void A_journal_of_a_later_version_is_refused()
    {
        using var folder = new TempFolder();
        var path = folder.Combine("journal.db");
        Journal.Open(path, TimeProvider.System).Dispose();
        Execute(path, "PRAGMA user_version = 2");
        var refused = Assert.Throws<WorkflowException>(() => Journal.Open(path, TimeProvider.System));

        Assert.Equal(WorkflowError.Unsupported, refused.Error);
        Assert.Contains("version 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_created_by_many_at_once_is_created_once()
    {
        using var folder = new TempFolder();
        var path = folder.Combine("journal.db");
        var journals = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Journal.Open(path, TimeProvider.System))));
        var client = new LocalWorkflowClient(journals[0]);

        Assert.True(await client.StartAsync("Run", "a", "1", default));
        Assert.All(journals, journal => Assert.False(new LocalWorkflowClient(journal).StartAsync("Run", "a", "1", default).Result));
        foreach (var journal in journals)
        {
            journal.Dispose();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Code_that_awaits_something_of_its_own_beside_its_context_s_tasks_is_ended_by_name(bool onThisContext)
    {
        await using var harness = new LocalRuntimeHarness(
            [new DelegateOrchestration("Impatient", async (context, _) =>
            {
                // What every operation of this software does: wait for a cancellation that may never come.
                var cancel = context.WaitForEventAsync("Cancel", CancellationToken.None);
                await Task.Delay(TimeSpan.FromMilliseconds(50)).ConfigureAwait(onThisContext);
                context.SetStatus("\"late\"");
                return await cancel;
            })],
            []);
        await harness.Client.StartAsync("Impatient", "impatient", "1", default);
        var ended = await harness.Client.WaitAsync("impatient", default).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(
            "NonDeterministic: Orchestration Impatient at event 1: it awaits something that does not come from its context.", ended.Failure?.ToString());
        Assert.Equal(HistoryEventKind.Failed, harness.LocalClient.ReadHistory("impatient").Last().Kind);
    }

    [Fact]
    public async Task A_timer_of_many_days_fires_when_they_have_passed_although_nobody_ran_meanwhile()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero));
        await using var harness = new LocalRuntimeHarness(
            [new DelegateOrchestration("Run", async (context, _) =>
            {
                context.SetStatus("\"waiting\"");
                await context.CreateTimerAsync(context.CurrentUtc.AddDays(30), CancellationToken.None);
                return "1";
            })],
            [],
            time);
        await harness.Client.StartAsync("Run", "month", "1", default);
        await WaitFor.ConditionAsync(
            async () => (await harness.Client.FindAsync("month", default))!.Status is not null, "the wait", TimeSpan.FromSeconds(30));
        await harness.StopAsync();
        time.Advance(TimeSpan.FromDays(31));
        Assert.Equal(WorkflowState.Running, (await harness.Client.FindAsync("month", default))!.State);
        await harness.RestartAsync();
        var instance = await harness.Client.WaitAsync("month", default);

        Assert.Equal(new DateTimeOffset(2026, 12, 23, 0, 0, 0, TimeSpan.Zero), instance.Finished);
    }

    [Fact]
    public async Task A_clock_set_back_does_not_make_a_history_run_backwards()
    {
        var time = new SteppingTime { Now = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero) };
        await using var harness = new LocalRuntimeHarness(
            [new DelegateOrchestration("Run", async (context, _) =>
            {
                context.SetStatus("\"waiting\"");
                var before = context.CurrentUtc;
                await context.WaitForEventAsync("Go", CancellationToken.None);
                return context.CurrentUtc >= before ? "true" : "false";
            })],
            [],
            time);
        await harness.Client.StartAsync("Run", "back", "1", default);
        await WaitFor.ConditionAsync(
            async () => (await harness.Client.FindAsync("back", default))!.Status is not null, "the wait", TimeSpan.FromSeconds(30));
        time.Now = time.Now.AddHours(-2);
        await harness.Client.RaiseEventAsync("back", "Go", "1", default);

        Assert.Equal("true", (await harness.Client.WaitAsync("back", default)).Output);
    }

    [Fact]
    public async Task Old_operations_are_forgotten_except_those_that_must_not_be()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var harness = new LocalRuntimeHarness(
            [new DelegateOrchestration("Run", (_, input) => Task.FromResult(input)),
            new DelegateOrchestration("Wait", (context, _) => context.WaitForEventAsync("Go", CancellationToken.None))],
            [],
            time);
        foreach (var (orchestration, id) in new[] { ("Run", "old"), ("Run", "kept"), ("Wait", "running") })
        {
            await harness.Client.StartAsync(orchestration, id, "1", default);
        }

        await harness.Client.WaitAsync("old", default);
        await harness.Client.WaitAsync("kept", default);
        time.Advance(TimeSpan.FromDays(100));
        await harness.Client.StartAsync("Run", "recent", "1", default);
        await harness.Client.WaitAsync("recent", default);

        Assert.Equal(1, await harness.Client.PurgeAsync(time.GetUtcNow().AddDays(-90), new HashSet<string> { "kept" }, default));
        Assert.Null(await harness.Client.FindAsync("old", default));
        Assert.Empty(harness.LocalClient.ReadHistory("old"));
        Assert.NotNull(await harness.Client.FindAsync("kept", default));
        Assert.NotNull(await harness.Client.FindAsync("running", default));
        Assert.NotNull(await harness.Client.FindAsync("recent", default));
    }

    [Fact]
    public async Task What_runs_for_a_terminated_operation_is_told_to_stop()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var harness = new LocalRuntimeHarness(
            [new DelegateOrchestration("Run", (context, _) => context.CallActivityAsync("Work", "1"))],
            [new DelegateActivity("Work", async (_, _, cancellationToken) =>
            {
                begun.SetResult();
                using (cancellationToken.UnsafeRegister(_ => stopped.TrySetResult(), null))
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }

                return "1";
            })]);
        await harness.Client.StartAsync("Run", "a", "1", default);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await harness.Client.TerminateAsync("a", "because", default);

        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(new WorkflowFailure(WorkflowError.Cancelled, "because"), (await harness.Client.FindAsync("a", default))!.Failure);
    }

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements of this test.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private sealed class SteppingTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
