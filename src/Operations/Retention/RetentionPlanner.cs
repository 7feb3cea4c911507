using System.Globalization;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Retention;

/// <summary>
/// Decides which backups stay. Pure: the same backups and policy give the same answer, at any time and in any order.
/// </summary>
/// <remarks>
/// The rules are applied several times and what any of them keeps stays: to the verified backups, so that one that turned out to be damaged takes no good
/// one's place; to those whose content was read, so that an opaque one, of which nobody knows what it is, takes the place of none that is proven; to all, damaged ones included, so that a check that failed for another reason (a password that was rotated away) does not make retention
/// remove what it would have kept; and to safety backups by themselves, so that an evening of restores does not push the nightly ones out. The
/// newest verified backup stays whatever the rules say.
/// </remarks>
public static class RetentionPlanner
{
    /// <summary>Decides.</summary>
    /// <param name="backups">All published backups of one installation, in any order.</param>
    /// <param name="policy">The rules.</param>
    /// <returns>A decision for each, newest first.</returns>
    public static IReadOnlyList<RetentionDecision> Plan(IEnumerable<RetentionCandidate> backups, RetentionPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(backups);
        ArgumentNullException.ThrowIfNull(policy);
        RetentionCandidate[] newestFirst =
            [.. backups.OrderByDescending(backup => backup.Time).ThenByDescending(backup => backup.Key.Id, StringComparer.Ordinal)];
        var reasons = newestFirst.ToDictionary(backup => backup.Key, _ => new List<string>());

        var regular = newestFirst.Where(backup => backup.Purpose != BackupPurpose.Safety).ToArray();
        Apply([.. regular.Where(backup => backup.Verified)], policy, "", reasons);
        Apply([.. regular.Where(backup => backup is { Verified: true, ContentProven: true })], policy, "", reasons);
        Apply(regular, policy, "", reasons);
        Apply([.. newestFirst.Where(backup => backup.Purpose == BackupPurpose.Safety)], policy, "safety ", reasons);

        if (newestFirst.FirstOrDefault(backup => backup.Verified) is { } lastProven && reasons[lastProven.Key].Count == 0)
        {
            reasons[lastProven.Key].Add("last verified");
        }

        return [.. newestFirst.Select(backup => new RetentionDecision(backup, reasons[backup.Key]))];
    }

    private static void Apply(
        RetentionCandidate[] newestFirst, RetentionPolicy policy, string prefix, Dictionary<BackupKey, List<string>> reasons)
    {
        for (var i = 0; i < Math.Min(policy.KeepLast, newestFirst.Length); i++)
        {
            Keep(newestFirst[i], $"{prefix}last {policy.KeepLast}");
        }

        Periods(policy.Daily, "daily", time => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Periods(policy.Weekly, "weekly", time => $"{ISOWeek.GetYear(time):D4}-W{ISOWeek.GetWeekOfYear(time):D2}");
        Periods(policy.Monthly, "monthly", time => time.ToString("yyyy-MM", CultureInfo.InvariantCulture));
        Periods(policy.Yearly, "yearly", time => time.ToString("yyyy", CultureInfo.InvariantCulture));

        // The newest backup of each of the newest N periods that have one.
        void Periods(int count, string rule, Func<DateTime, string> period)
        {
            var last = "";
            foreach (var backup in newestFirst)
            {
                var its = period(backup.Time.UtcDateTime);
                if (its == last)
                {
                    continue;
                }

                if (count-- <= 0)
                {
                    break;
                }

                last = its;
                Keep(backup, $"{prefix}{rule} {its}");
            }
        }

        void Keep(RetentionCandidate backup, string reason)
        {
            if (!reasons[backup.Key].Contains(reason))
            {
                reasons[backup.Key].Add(reason);
            }
        }
    }
}
