using TfeBackup.Operations.Model;

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

    [Theory]
    [InlineData("0 0 3 * * *", 24)]
    [InlineData("0 0 3 * * 0", 168)]
    [InlineData("0 0 3,15 * * 1-5", 60)]
    [InlineData("0 0 3 1 * *", 744)]
    public void The_longest_gap_of_a_schedule_is_found(string expression, int hours) =>
        Assert.Equal(
            TimeSpan.FromHours(hours), BackupSchedule.Parse(expression).LongestGap(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero)));
}
