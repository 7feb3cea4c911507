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
            r => $"{(r.DryRun ? "would remove" : "removed")} {r.RemovedCount} and {r.Orphans.Count} orphans ({BackupSteps.Bytes(r.Bytes)}), kept {r.KeptCount}");
        foreach (var refused in report.Refused)
        {
            run.Warn($"{refused.Key} should go and stays for now: {refused.Reason}");
        }

        return report;
    }
}
