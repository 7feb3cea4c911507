using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Operations;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary><c>backup INSTALLATION</c>.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var installation = InstallationNames.CreateArgument();
        var smaller = new Option<bool>("--accept-smaller")
        {
            Description = "Publish an opaque backup even if it is much smaller than the previous one, or of a different format.",
        };
        return new Command("backup", "Take a backup: stream it into the store, verify and publish it, and apply retention.") { installation, smaller }
            .Does((context, cancellationToken) => RunAsync(
                context,
                new BackupInput(context.Get(installation), BackupPurpose.Requested, AcceptSmaller: context.Get(smaller)),
                cancellationToken));
    }

    private static Task<int> RunAsync(CommandContext context, BackupInput backup, CancellationToken cancellationToken) =>
        new OperationCommand<BackupInput>(
            BackupOrchestrator.OrchestrationName,
            backup,
            CliJson.Default.BackupInput,
            (service, token) => service.StartBackupAsync(backup, token),
            Print).RunAsync(context, backup.Installation, cancellationToken);

    private static string Print(OperationInstance instance)
    {
        var (record, retention) = OperationQueries.ReadBackup(instance)!;
        var text = $"Backup {record.Key} was taken, verified ({Words.OfMethod(record.Verification.Method)}) and published: {Human.Size(record.Size)} in {Human.Duration(record.Finished - record.Started)}.\n";
        return retention is { RemovedCount: > 0 }
            ? text + $"Retention removed {Human.Count(retention.RemovedCount, "older backup")} and kept {Human.Count(retention.KeptCount)}.\n"
            : text;
    }
}
