using NCrontab;

namespace TfeBackup.Operations.Model;

/// <summary>
/// When backups are due: six fields of NCRONTAB, as Azure timers use (<c>{second} {minute} {hour} {day} {month} {day of week}</c>).
/// Always UTC: it has no hour that occurs twice or not at all.
/// </summary>
public sealed class BackupSchedule
{
    /// <summary>The syntax in an operator's words.</summary>
    public const string Rule = "six fields, second minute hour day month weekday, in UTC: \"0 0 3 * * *\" is every night at 03:00";

    private static readonly CrontabSchedule.ParseOptions SixFields = new() { IncludingSeconds = true };

    private readonly CrontabSchedule _schedule;

    private BackupSchedule(string expression, CrontabSchedule schedule)
    {
        Expression = expression;
        _schedule = schedule;
    }

    /// <summary>The expression it was read from.</summary>
    public string Expression { get; }

    /// <summary>Reads an expression.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>: it is none, or is never due.</exception>
    public static BackupSchedule Parse(string expression)
    {
        var schedule = CrontabSchedule.TryParse(expression, SixFields)
            ?? throw new OperationException(
                OperationError.InvalidConfiguration, $"'{expression}' is not a schedule: expected {Rule}.");

        // 30 February parses. Eight years span a century's missing leap day.
        var start = new DateTime(2096, 3, 1, 0, 0, 0, DateTimeKind.Utc);
        return schedule.GetNextOccurrence(start, start.AddYears(9)) < start.AddYears(9)
            ? new BackupSchedule(expression, schedule)
            : throw new OperationException(
                OperationError.InvalidConfiguration, $"'{expression}' is never due: expected {Rule}.");
    }

    /// <summary>The first time it is due after <paramref name="time"/>; whole seconds, UTC.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset time) =>
        new(DateTime.SpecifyKind(_schedule.GetNextOccurrence(time.UtcDateTime), DateTimeKind.Utc));

    /// <summary>The last time it was due at or before <paramref name="time"/>; null where there was none in the nine years before.</summary>
    public DateTimeOffset? LastAtOrBefore(DateTimeOffset time)
    {
        // NCrontab only looks forward: start from ever further back until an occurrence is found.
        for (var back = TimeSpan.FromMinutes(1); back < TimeSpan.FromDays(9 * 366); back *= 2)
        {
            var last = (DateTimeOffset?)null;
            for (var due = NextAfter(time - back); due <= time; due = NextAfter(due))
            {
                last = due;
            }

            if (last is not null)
            {
                return last;
            }
        }

        return null;
    }

    /// <summary>The longest time between two dues, among those of the year after <paramref name="time"/>; of frequent ones, among the next 2,000.</summary>
    public TimeSpan LongestGap(DateTimeOffset time)
    {
        var longest = TimeSpan.Zero;
        var last = NextAfter(time);
        for (var (count, end) = (0, last.AddYears(1)); count < 2_000; count++)
        {
            var next = NextAfter(last);
            longest = next - last > longest ? next - last : longest;
            if (next > end)
            {
                break;
            }

            last = next;
        }

        return longest;
    }

    /// <summary>The expression.</summary>
    public override string ToString() => Expression;
}
