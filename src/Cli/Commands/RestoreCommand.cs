using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restore;

namespace TfeBackup.Cli.Commands;

/// <summary><c>restore BACKUP --to INSTALLATION</c>.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var backup = BackupNames.CreateArgument();
        var to = new Option<string>("--to") { Description = "The installation to restore into.", HelpName = "INSTALLATION", Required = true };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the target's data; a safety backup is taken first." };
        var empty = new Option<bool>("--target-is-empty") { Description = "Treat a target that does not report its content as empty." };
        var noSafety = new Option<string?>("--no-safety-backup")
        {
            Description = "Overwrite without a safety backup; repeat the target's name to confirm.",
            HelpName = "INSTALLATION",
        };
        var approval = new Option<bool>("--require-approval") { Description = "Wait for 'tfe-backup approve' before changing anything." };
        return new Command("restore", "Verify a backup, restore it into an installation (all or nothing), and restart the application.") { backup, to, overwrite, empty, noSafety, approval }
            .Does((context, cancellationToken) => RunAsync(
                context,
                new RestoreInput
                {
                    Backup = context.Get(backup),
                    Target = context.Get(to)!,
                    Overwrite = context.Get(overwrite),
                    TargetIsEmpty = context.Get(empty),
                    NoSafetyBackup = context.Get(noSafety),
                    RequireApproval = context.Get(approval),
                },
                cancellationToken));
    }

    private static Task<int> RunAsync(CommandContext context, RestoreInput restore, CancellationToken cancellationToken) =>
        new OperationCommand<RestoreInput>(
            RestoreOrchestrator.OrchestrationName,
            restore,
            CliJson.Default.RestoreInput,
            (service, token) => service.StartRestoreAsync(restore, token),
            Print).RunAsync(context, restore.Target, cancellationToken);

    private static string Print(OperationInstance instance)
    {
        var result = OperationQueries.ReadRestore(instance)!;
        var text = $"Backup {result.Backup} was restored into {result.Target}; its application was restarted and is ready.\n";
        return result.Safety is { } safety ? text + $"The previous data is in backup {safety}.\n" : text;
    }
}
