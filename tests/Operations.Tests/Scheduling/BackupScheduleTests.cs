using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Tests.Operations;

namespace TfeBackup.Operations.Tests.Scheduling;

public sealed class BackupScheduleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0 0 3 * * *", "2026-11-23 03:00:00", "2026-11-22 03:00:00")]
    [InlineData("*/30 * * * * *", "2026-11-22 12:00:30", "2026-11-22 12:00:00")]
    [InlineData("0 15 10 * * 1-5", "2026-11-23 10:15:00", "2026-11-20 10:15:00")]
    [InlineData("0 0 0 1 1 *", "2027-01-01 00:00:00", "2026-01-01 00:00:00")]
    [InlineData("0 0 0 29 2 *", "2028-02-29 00:00:00", "2024-02-29 00:00:00")]
    public void The_next_and_the_last_due_time_are_found(string expression, string next, string last)
    {
        var schedule = BackupSchedule.Parse(expression);

        Assert.Equal(next, $"{schedule.NextAfter(Noon):yyyy-MM-dd HH:mm:ss}");
        Assert.Equal(last, $"{schedule.LastAtOrBefore(Noon):yyyy-MM-dd HH:mm:ss}");
    }

    [Fact]
    public void Schedules_are_in_UTC_wherever_they_are_asked_from()
    {
        var schedule = BackupSchedule.Parse("0 0 3 * * *");
        var inAuckland = Noon.ToOffset(TimeSpan.FromHours(13));

        Assert.Equal(schedule.NextAfter(Noon), schedule.NextAfter(inAuckland));
        Assert.Equal(schedule.LastAtOrBefore(Noon), schedule.LastAtOrBefore(inAuckland));
        Assert.Equal(TimeSpan.Zero, schedule.NextAfter(inAuckland).Offset);
    }

    [Theory]
    [InlineData("0 3 * * *")]
    [InlineData("every night")]
    [InlineData("0 0 25 * * *")]
    [InlineData("0 0 0 30 2 *")]
    public void What_is_no_schedule_or_never_due_is_refused_with_the_syntax(string expression)
    {
        var refused = Assert.Throws<OperationException>(() => BackupSchedule.Parse(expression));

        Assert.Equal(OperationError.InvalidConfiguration, refused.Error);
        Assert.Contains(expression, refused.Message, StringComparison.Ordinal);
        Assert.Contains("six fields", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_missed_ticks_the_last_is_made_up_for_once()
    {
        await using var harness = new OperationHarness();
        var nightly = harness.GetDefinition("old") with { Schedule = BackupSchedule.Parse("0 0 3 * * *") };
        var onRequest = harness.GetDefinition("new");
        var scheduler = Scheduler(harness, nightly, onRequest);
        var first = Assert.Single(await scheduler.TickAsync(default));
        Assert.Empty(await scheduler.TickAsync(default));
        await harness.EndAsync(first);

        // Down for four nights.
        harness.Time.Advance(TimeSpan.FromDays(4));
        var second = Assert.Single(await scheduler.TickAsync(default));
        Assert.Empty(await Scheduler(harness, nightly, onRequest).TickAsync(default));
        await harness.EndAsync(second);

        Assert.EndsWith("T030000Z", second, StringComparison.Ordinal);
        Assert.Equal(2, (await harness.RecordsAsync()).Count);
        Assert.Equal([second], scheduler.CurrentIds());
    }

    [Fact]
    public async Task A_running_scheduler_ticks_when_something_is_due()
    {
        await using var harness = new OperationHarness();
        var scheduler = Scheduler(harness, harness.GetDefinition("old") with { Schedule = BackupSchedule.Parse("0 0 * * * *") });
        using var stopping = new CancellationTokenSource();
        var run = scheduler.RunAsync(stopping.Token);
        await TestSupport.WaitFor.ConditionAsync(
            async () =>
            {
                harness.Time.Advance(TimeSpan.FromMinutes(5));
                return (await harness.RecordsAsync()).Count >= 3;
            },
            "three hourly backups",
            TimeSpan.FromSeconds(60));
        await stopping.CancelAsync();
        await run;

        Assert.All(await harness.RecordsAsync(), record => Assert.EndsWith("0000Z", record.OperationId, StringComparison.Ordinal));
    }

    private static BackupScheduler Scheduler(OperationHarness harness, params InstallationDefinition[] installations) =>
        new(installations, harness.Operations, harness.Time, NullLogger<BackupScheduler>.Instance);
}
