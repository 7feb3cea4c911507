using TfeBackup.Operations.Model;
using TfeBackup.Operations.Retention;

namespace TfeBackup.Operations.Tests.Retention;

public sealed class RetentionPlannerTests
{
    [Fact]
    public void Each_rule_keeps_the_newest_of_its_periods()
    {
        // Every six hours for 800 days.
        var end = new DateTimeOffset(2026, 11, 22, 18, 0, 0, TimeSpan.Zero);
        var backups = Enumerable.Range(0, 3_200).Select(i => Backup(end.AddHours(-6 * i))).ToList();
        var policy = new RetentionPolicy { KeepLast = 3, Daily = 2, Weekly = 2, Monthly = 2, Yearly = 3 };
        var kept = RetentionPlanner.Plan(backups, policy).Where(decision => decision.Keep).ToList();

        Assert.Equal(
            [
                ("2026-11-22 18", "last 3, daily 2026-11-22, weekly 2026-W47, monthly 2026-11, yearly 2026"),
                ("2026-11-22 12", "last 3"),
                ("2026-11-22 06", "last 3"),
                ("2026-11-21 18", "daily 2026-11-21"),
                ("2026-11-15 18", "weekly 2026-W46"),
                ("2026-10-31 18", "monthly 2026-10"),
                ("2025-12-31 18", "yearly 2025"),
                ("2024-12-31 18", "yearly 2024"),
            ],
            kept.Select(decision => ($"{decision.Backup.Time:yyyy-MM-dd HH}", string.Join(", ", decision.Reasons))));
    }

    [Fact]
    public void Weeks_are_those_of_ISO_8601_across_the_turn_of_the_year()
    {
        // 31 December 2025 and 1 January 2026 are in the same week, 2026-W01.
        var backups = new[] { Backup(At(2026, 1, 1)), Backup(At(2025, 12, 31)), Backup(At(2025, 12, 28)) };
        var kept = RetentionPlanner.Plan(backups, new RetentionPolicy { Weekly = 2 }).Where(decision => decision.Keep);

        Assert.Equal([At(2026, 1, 1), At(2025, 12, 28)], kept.Select(decision => decision.Backup.Time));
    }

    [Fact]
    public void A_damaged_backup_takes_no_good_ones_place_and_is_not_rushed_away_itself()
    {
        var backups = new[] { Backup(At(2026, 1, 3), verified: false), Backup(At(2026, 1, 2)), Backup(At(2026, 1, 1)) };
        var decisions = RetentionPlanner.Plan(backups, new RetentionPolicy { KeepLast = 1 });

        Assert.Equal([true, true, false], decisions.Select(decision => decision.Keep));
    }

    [Fact]
    public void Safety_backups_do_not_push_the_nightly_ones_out()
    {
        var backups = new[]
        {
            Backup(At(2026, 1, 5), purpose: BackupPurpose.Safety), Backup(At(2026, 1, 4), purpose: BackupPurpose.Safety),
            Backup(At(2026, 1, 3), purpose: BackupPurpose.Safety), Backup(At(2026, 1, 2)), Backup(At(2026, 1, 1)),
        };
        var decisions = RetentionPlanner.Plan(backups, new RetentionPolicy { KeepLast = 2 });

        Assert.Equal([true, true, false, true, true], decisions.Select(decision => decision.Keep));
    }

    private static DateTimeOffset At(int year, int month, int day) => new(year, month, day, 3, 0, 0, TimeSpan.Zero);

    private static RetentionCandidate Backup(DateTimeOffset time, bool verified = true, BackupPurpose purpose = BackupPurpose.Scheduled) =>
        new(BackupKey.Create("old", time, Guid.NewGuid()), time, purpose, verified);
}
