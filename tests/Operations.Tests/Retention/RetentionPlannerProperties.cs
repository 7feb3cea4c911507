using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Retention;

namespace TfeBackup.Operations.Tests.Retention;

/// <summary>What must hold whatever the backups and whatever the policy.</summary>
[Properties(Arbitrary = [typeof(RetentionPlannerProperties)], MaxTest = 300)]
public sealed class RetentionPlannerProperties
{
    public static Arbitrary<RetentionPolicy> Policies()
    {
        var count = Gen.Choose(0, 6);
        return (from last in count
                from daily in count
                from weekly in count
                from monthly in count
                from yearly in count
                select new RetentionPolicy { KeepLast = last, Daily = daily, Weekly = weekly, Monthly = monthly, Yearly = yearly }).ToArbitrary();
    }

    public static Arbitrary<RetentionCandidate[]> Backups()
    {
        // Close together and years apart, several in the same second too.
        var minutes = Gen.OneOf(Gen.Choose(0, 100), Gen.Choose(0, 50_000), Gen.Choose(0, 3_000_000));
        var backup = from minute in minutes
                     from verified in Gen.Frequency((4, Gen.Constant(true)), (1, Gen.Constant(false)))
                     from purpose in Gen.Elements(BackupPurpose.Requested, BackupPurpose.Scheduled, BackupPurpose.Safety)
                     from unique in Gen.Choose(0, int.MaxValue)
                     let time = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(minute)
                     select new RetentionCandidate(BackupKey.Create("old", time, new Guid(unique, 0, 0, new byte[8])), time, purpose, verified);
        return (from backups in backup.ListOf() select backups.DistinctBy(b => b.Key).ToArray()).ToArbitrary();
    }

    [Property]
    public bool The_newest_verified_backup_stays(RetentionCandidate[] backups, RetentionPolicy policy)
    {
        var newest = backups.Where(backup => backup.Verified).OrderByDescending(Order).FirstOrDefault();
        return newest is null || Kept(backups, policy).Contains(newest.Key);
    }

    [Property]
    public bool Every_backup_gets_one_decision_newest_first(RetentionCandidate[] backups, RetentionPolicy policy) =>
        RetentionPlanner.Plan(backups, policy).Select(decision => decision.Backup).SequenceEqual(backups.OrderByDescending(Order));

    [Property]
    public bool The_order_they_are_listed_in_does_not_matter(RetentionCandidate[] backups, RetentionPolicy policy) =>
        Kept(backups, policy).SetEquals(Kept([.. backups.Reverse()], policy));

    [Property]
    public bool What_stayed_once_stays_when_the_rest_is_gone(RetentionCandidate[] backups, RetentionPolicy policy)
    {
        var kept = Kept(backups, policy);
        return Kept([.. backups.Where(backup => kept.Contains(backup.Key))], policy).SetEquals(kept);
    }

    [Property]
    public bool A_more_generous_policy_keeps_all_that_a_stricter_one_does(RetentionCandidate[] backups, RetentionPolicy policy)
    {
        var generous = new RetentionPolicy
        {
            KeepLast = policy.KeepLast + 1,
            Daily = policy.Daily + 1,
            Weekly = policy.Weekly + 1,
            Monthly = policy.Monthly + 1,
            Yearly = policy.Yearly + 1,
        };
        return Kept(backups, generous).IsSupersetOf(Kept(backups, policy));
    }

    [Property]
    public bool No_more_stays_than_the_rules_can_ask_for(RetentionCandidate[] backups, RetentionPolicy policy)
    {
        var rules = policy.KeepLast + policy.Daily + policy.Weekly + policy.Monthly + policy.Yearly;
        return Kept(backups, policy).Count <= (3 * rules) + 1;
    }

    [Property]
    public bool The_newest_so_many_verified_ones_stay(RetentionCandidate[] backups, RetentionPolicy policy) =>
        backups.Where(backup => backup.Verified && backup.Purpose != BackupPurpose.Safety).OrderByDescending(Order).Take(policy.KeepLast)
            .All(backup => Kept(backups, policy).Contains(backup.Key));

    private static (DateTimeOffset, string) Order(RetentionCandidate backup) => (backup.Time, backup.Key.Id);

    private static HashSet<BackupKey> Kept(RetentionCandidate[] backups, RetentionPolicy policy) =>
        [.. RetentionPlanner.Plan(backups, policy).Where(decision => decision.Keep).Select(decision => decision.Backup.Key)];
}
