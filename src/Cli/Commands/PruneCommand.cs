using System.CommandLine;
using System.Text;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Retention;

namespace TfeBackup.Cli.Commands;

/// <summary><c>prune INSTALLATION [--dry-run]</c>.</summary>
internal static class PruneCommand
{
    public static Command Create()
    {
        var installation = InstallationNames.CreateArgument();
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would be removed, without removing it." };
        return new Command("prune", "Apply retention: remove the backups of an installation that no rule keeps.") { installation, dryRun }
            .Does((context, cancellationToken) =>
                RunAsync(context, new RetentionInput(context.Get(installation), context.Get(dryRun)), cancellationToken));
    }

    private static Task<int> RunAsync(CommandContext context, RetentionInput prune, CancellationToken cancellationToken) =>
        new OperationCommand<RetentionInput>(
            RetentionOrchestrator.OrchestrationName,
            prune,
            CliJson.Default.RetentionInput,
            (service, token) => service.StartRetentionAsync(prune.Installation, prune.DryRun, token),
            Print).RunAsync(context, prune.Installation, cancellationToken);

    private static string Print(OperationInstance instance)
    {
        var report = OperationQueries.ReadRetention(instance)!;
        var table = new TextTable("BACKUP", "OUTCOME", "REASON");
        foreach (var entry in report.Kept)
        {
            table.Add(entry.Key.ToString(), "kept", entry.Reason);
        }

        foreach (var entry in report.Refused)
        {
            table.Add(entry.Key.ToString(), "STAYS", entry.Reason);
        }

        var gone = report.DryRun ? "would be removed" : "removed";
        foreach (var key in report.Removed)
        {
            table.Add(key.ToString(), gone, "no rule keeps it");
        }

        foreach (var key in report.Orphans)
        {
            table.Add(key.ToString(), gone, "left by an interrupted backup");
        }

        var text = new StringBuilder();
        if (report.Kept.Count + report.Refused.Count + report.Removed.Count + report.Orphans.Count > 0)
        {
            text.Append(table).Append('\n');
        }

        var removed = report.RemovedCount + report.Orphans.Count;
        return text.Append(report.DryRun
            ? $"{Human.Count(removed)} would be removed, {Human.Size(report.Bytes)}; {Human.Count(report.KeptCount)} kept. Nothing was changed.\n"
            : $"{Human.Count(removed)} removed, {Human.Size(report.Bytes)}; {Human.Count(report.KeptCount)} kept.\n").ToString();
    }
}
