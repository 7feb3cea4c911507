using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Operations;

namespace TfeBackup.Workflows.Retention;

/// <summary>Retention as a step; part of retention by itself, and of every backup.</summary>
internal static class RetentionSteps
{
    public static async Task<RetentionReport> PruneAsync(OperationRun run, string installation, RetentionPolicy? policy, bool dryRun)
    {
        var report = await run.StepAsync(
            "retention",
            WorkflowActivities.Prune,
            new PruneInput(installation, policy, dryRun),
            run.Timings.Calls,
            Describe);

        // What is immutable stays as intended; it is in the report, with the day on which it may go.
        foreach (var refused in report.Refused.Where(entry => !entry.Immutable))
        {
            run.Warn($"{refused.Key} should go and stays for now: {refused.Reason}");
        }

        return report;
    }

    private static string Describe(RetentionReport report)
    {
        var immutable = report.Refused.Count(entry => entry.Immutable);
        return $"{(report.DryRun ? "would remove" : "removed")} {report.RemovedCount} and {report.Orphans.Count} orphans ({BackupSteps.Bytes(report.Bytes)}), kept {report.KeptCount}"
            + (immutable == 0 ? "" : $", and {immutable} that should go and are immutable until {Until(report)}");
    }

    private static string Until(RetentionReport report) =>
        report.Refused.Where(entry => entry.Immutable).Min(entry => entry.Until) is { } first
            ? $"{first.UtcDateTime:yyyy-MM-dd HH:mm} UTC at the earliest"
            : "a time the store does not say";
}
