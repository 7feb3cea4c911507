using TfeBackup.Local.Runtime;
using TfeBackup.TestSupport.Runtime;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;
using Xunit;

namespace TfeBackup.Local.Tests.Runtime;

public sealed class ReplayTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 3, 0, 0, TimeSpan.Zero);

    private static readonly HistoryEvent[] History =
    [
        new(1, HistoryEventKind.Started, Time, 0, "Run", "7"),
        new(2, HistoryEventKind.ActivityScheduled, Time, 1, "Work", "7"),
        new(3, HistoryEventKind.ActivityCompleted, Time.AddSeconds(5), 1, "Work", "8"),
        new(4, HistoryEventKind.TimerCreated, Time.AddSeconds(5), 2, "", "2026-11-22T03:01:05.0000000Z"),
        new(5, HistoryEventKind.TimerFired, Time.AddSeconds(65), 2, "", ""),
        new(6, HistoryEventKind.Completed, Time.AddSeconds(65), 0, "", "8"),
    ];

    [Fact]
    public void The_code_that_made_a_history_reproduces_it_and_every_beginning_of_it()
    {
        for (var length = 1; length <= History.Length; length++)
        {
            Assert.Equal(length, Verify(RunAsync, length));
        }
    }

    [Fact]
    public void Another_activity_is_caught_by_name() =>
        Departs("Orchestration Run at event 2: history has activity Work, code asks for activity Rest.", async (context, input) =>
            await context.CallActivityAsync("Rest", input));

    [Fact]
    public void Another_input_is_caught() =>
        Departs("Orchestration Run at event 2: history has activity Work with 7, code asks for activity Work with 9.", async (context, _) =>
            await context.CallActivityAsync("Work", "9"));

    [Fact]
    public void A_timer_where_an_activity_was_is_caught() =>
        Departs("Orchestration Run at event 2: history has activity Work, code asks for a timer.", async (context, _) =>
        {
            await context.CreateTimerAsync(context.CurrentUtc, CancellationToken.None);
            return "8";
        });

    [Fact]
    public void Another_due_time_is_caught() =>
        Departs("Orchestration Run at event 4: history has a timer with 2026-11-22T03:01:05.0000000Z, code asks for a timer with 2026-11-22T03:00:06.0000000Z.", async (context, input) =>
        {
            var output = await context.CallActivityAsync("Work", input);
            await context.CreateTimerAsync(context.CurrentUtc.AddSeconds(1), CancellationToken.None);
            return output;
        });

    [Fact]
    public void An_activity_the_history_lacks_is_caught() =>
        Departs("Orchestration Run at event 3: history has the end of activity 1, code asks for activity More.", async (context, input) =>
            (await Task.WhenAll(context.CallActivityAsync("Work", input), context.CallActivityAsync("More", input)))[0]);

    [Fact]
    public void An_early_end_is_caught() =>
        Departs("Orchestration Run at event 4: history has a timer, code asks for the end.", async (context, input) =>
            await context.CallActivityAsync("Work", input));

    [Fact]
    public void A_step_left_out_is_caught() =>
        Departs("Orchestration Run at event 2: history has activity Work, code asks for nothing.", (context, _) =>
            context.WaitForEventAsync("Go", CancellationToken.None));

    [Fact]
    public void Another_output_is_caught() =>
        Departs("Orchestration Run at event 6: history has the end with 8, code asks for the end with 9.", async (context, input) =>
        {
            await RunAsync(context, input);
            return "9";
        });

    [Fact]
    public void Waiting_for_what_is_not_the_context_s_is_caught()
    {
        var never = new TaskCompletionSource<string>();
        Departs("Orchestration Run at event 1: it awaits something that does not come from its context.", (_, _) => never.Task);
    }

    private static long Verify(Func<IWorkflowContext, string, Task<string>> code, int length) =>
        ReplayVerifier.Verify(new DelegateOrchestration("Run", code), "run-1", History.Take(length));

    private static void Departs(string message, Func<IWorkflowContext, string, Task<string>> code)
    {
        var caught = Assert.Throws<WorkflowException>(() => Verify(code, History.Length));
        Assert.Equal((WorkflowError.NonDeterministic, message), (caught.Error, caught.Message));
    }

    private static async Task<string> RunAsync(IWorkflowContext context, string input)
    {
        var output = await context.CallActivityAsync("Work", input);
        await context.CreateTimerAsync(context.CurrentUtc.AddMinutes(1), CancellationToken.None);
        return output;
    }
}
