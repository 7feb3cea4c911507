using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Retention;

/// <summary>Retention as a step; part of retention by itself, and of every backup.</summary>
internal static class RetentionSteps
{
    public static async Task<RetentionReport> PruneAsync(OperationRun run, string installation, RetentionPolicy? policy, bool dryRun)
    {
        var report = await run.StepAsync(
            "retention",
            PruneActivity.Call,
            new PruneInput(installation, policy, dryRun),
            run.Timings.Calls,
            Describe);

        // Immutable backups are expected to stay; the report lists them with their expiry.
        foreach (var refused in report.Refused.Where(entry => !entry.Immutable))
        {
            run.Warn($"{refused.Key} could not be removed: {refused.Reason}");
        }

        return report;
    }

    private static string Describe(RetentionReport report)
    {
        var immutable = report.Refused.Count(entry => entry.Immutable);
        return $"{(report.DryRun ? "would remove" : "removed")} {report.RemovedCount} and {report.Orphans.Count} orphans ({Text.Bytes(report.Bytes)}), kept {report.KeptCount}"
            + (immutable == 0 ? "" : $", could not remove {immutable}, immutable until {Until(report)}");
    }

    private static string Until(RetentionReport report) =>
        report.Refused.Where(entry => entry.Immutable).Min(entry => entry.Until) is { } first
            ? $"{first.UtcDateTime:yyyy-MM-dd HH:mm} UTC at the earliest"
            : "an unknown time";
}
