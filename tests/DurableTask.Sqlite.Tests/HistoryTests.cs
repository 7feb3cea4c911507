using DurableTask.Core;
using DurableTask.Core.History;
using DurableTask.Sqlite.History;
using DurableTask.Sqlite.Storage;
using DurableTask.Sqlite.Tests.Support;
using Microsoft.DurableTask;

namespace DurableTask.Sqlite.Tests;

/// <summary>Histories as text, and orchestrators that do or do not reproduce them.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_code_that_made_a_history_reproduces_it_and_every_beginning_of_it()
    {
        var history = await RecordAsync();
        Assert.Equal(7, HistoryReplay.Verify(new Run(), history));

        var text = RecordedHistory.Write(history);
        Assert.Equal(history.Count, text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(7, HistoryReplay.Verify(new Run(), RecordedHistory.Read(text)));
        var ends = history.Select((entry, index) => (entry, index)).Where(e => e.entry is OrchestratorStartedEvent).Skip(1);
        Assert.All(ends, end => HistoryReplay.Verify(new Run(), history.Take(end.index)));
    }

    [Theory]
    [InlineData("activity", "recorded is activity Echo (#0) with [\"in\"], the code asks for activity Other (#0) with [\"in\"]")]
    [InlineData("input", "with [\"in\"], the code asks for activity Echo (#0) with [\"other\"]")]
    [InlineData("timer", "recorded is activity Echo (#0) with [\"in\"], the code asks for a timer (#0)")]
    [InlineData("due", "recorded is a timer (#1) for ")]
    [InlineData("more", "recorded is nothing, the code asks for activity Echo (#4) with [\"more\"]")]
    [InlineData("less", "recorded is sub-orchestration Child (#4)")]
    [InlineData("output", "recorded is the end, Completed with \"out\", the code asks for the end, Completed with \"other\"")]
    [InlineData("failure", "the code asks for the end, Failed with System.FormatException: broken")]
    public async Task Code_that_does_something_else_is_caught_by_name(string change, string message)
    {
        var history = await RecordAsync();

        var mismatch = Assert.Throws<HistoryMismatchException>(() => HistoryReplay.Verify(new Run(change), history));
        Assert.Contains("Orchestrator Run does not reproduce its history (recorded)", mismatch.Message, StringComparison.Ordinal);
        Assert.Contains(message, mismatch.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_no_history_is_refused_by_line()
    {
        var valid = RecordedHistory.Write([new OrchestratorStartedEvent(-1)]);
        Assert.Contains("Line 2", Assert.Throws<FormatException>(() => RecordedHistory.Read(valid + "{}\n")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => HistoryReplay.Verify(new Run(), RecordedHistory.Read(valid)));
    }

    /// <summary>But that of a rewind, which this backend does not offer.</summary>
    [Fact]
    public void Every_kind_of_event_is_read_as_it_was_written() => Assert.All(
        HistoryEvent.KnownTypes().Where(type => type != typeof(ExecutionRewoundEvent)),
        type =>
        {
            var entry = (HistoryEvent)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
            entry.Timestamp = new DateTime(2026, 11, 27, 1, 2, 3, DateTimeKind.Utc).AddTicks(4567);
            var read = EventJson.Read<HistoryEvent>(EventJson.Write(entry));
            Assert.Equal(type, read.GetType());
            Assert.Equal(entry.Timestamp, read.Timestamp);
            Assert.Equal(DateTimeKind.Utc, read.Timestamp.Kind);
        });

    [Fact]
    public void Texts_that_look_like_dates_or_types_are_read_as_they_were_written()
    {
        var raised = new EventRaisedEvent(-1, "\"2026-11-27T01:02:03+05:00\"") { Name = "{\"$type\":\"System.Object\"}" };
        var read = Assert.IsType<EventRaisedEvent>(EventJson.Read<TaskMessage>(EventJson.Write(new TaskMessage { Event = raised })).Event);
        Assert.Equal(raised.Input, read.Input);
        Assert.Equal(raised.Name, read.Name);
    }

    private async Task<IList<HistoryEvent>> RecordAsync()
    {
        await using var host = await TestHost.StartAsync(_folder.Combine("orchestrations.db"), tasks => tasks
            .AddOrchestrator("Run", () => new Run())
            .AddOrchestratorFunc<string>("Child", _ => Task.FromResult("child"))
            .AddActivityFunc<string, string>("Echo", (_, input) => input));

        // Inputs are part of histories a moment after the start.
        await Eventually.TrueAsync(
            async () =>
            {
                await host.Client.ScheduleNewOrchestrationInstanceAsync("Run", new StartOrchestrationOptions("recorded"));
                await host.Client.RaiseEventAsync("recorded", "Go", "go");
                await host.EndAsync("recorded");
                return (await host.Client.GetOrchestrationHistoryAsync("recorded")).OfType<TaskScheduledEvent>().All(e => e.Input is not null);
            },
            "a history with inputs");
        return await host.Client.GetOrchestrationHistoryAsync("recorded");
    }

    private sealed class Run(string change = "") : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            if (change == "timer")
            {
                await context.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            }

            await context.CallActivityAsync<string>(change == "activity" ? "Other" : "Echo", change == "input" ? "other" : "in");
            await context.CreateTimer(TimeSpan.FromMilliseconds(change == "due" ? 2 : 1), CancellationToken.None);
            var echoes = new List<Task> { context.CallActivityAsync<string>("Echo", "a"), context.CallActivityAsync<string>("Echo", "b") };
            if (change == "more")
            {
                echoes.Add(context.CallActivityAsync<string>("Echo", "more"));
            }

            await Task.WhenAll(echoes);
            await context.WaitForExternalEvent<string>("Go");
            if (change == "failure")
            {
                throw new FormatException("broken");
            }

            if (change != "less")
            {
                await context.CallSubOrchestratorAsync<string>("Child", "x");
            }

            context.SendEvent("nobody", "Done", "x");
            return change == "output" ? "other" : "out";
        }
    }
}
