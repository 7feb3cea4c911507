using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Cli.Commands;

/// <summary><c>backup INSTALLATION</c>.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var installation = InstallationNames.CreateArgument();
        return new Command("backup", "Take a backup: stream it into the store, read it back, verify it, publish it, and apply retention.") { installation }
            .Does((context, cancellationToken) => RunAsync(context, context.Get(installation), cancellationToken));
    }

    private static Task<int> RunAsync(CommandContext context, string name, CancellationToken cancellationToken) =>
        new OperationCommand<BackupInput>(
            BackupOrchestration.OrchestrationName,
            new BackupInput(name, BackupPurpose.Requested),
            CliJson.Default.BackupInput,
            (service, token) => service.StartBackupAsync(name, token),
            Print).RunAsync(context, name, cancellationToken);

    private static string Print(WorkflowInstance instance)
    {
        var (record, retention) = OperationService.ReadBackup(instance)!;
        var text = $"Backup {record.Key} was taken, verified ({Words.OfMethod(record.Verification.Method)}) and published: {Human.Size(record.Size)} in {Human.Duration(record.Finished - record.Started)}.\n";
        return retention is { RemovedCount: > 0 }
            ? text + $"Retention removed {Human.Count(retention.RemovedCount)} older ones and keeps {Human.Count(retention.KeptCount)}.\n"
            : text;
    }
}
