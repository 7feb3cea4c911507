using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Restores;

namespace TfeBackup.Cli.Commands;

/// <summary><c>restore BACKUP --to INSTALLATION</c>.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var backup = BackupNames.CreateArgument();
        var to = new Option<string>("--to") { Description = "The installation to restore into.", HelpName = "INSTALLATION", Required = true };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the data of an installation that holds some; a backup of it is taken first." };
        var approval = new Option<bool>("--require-approval") { Description = "Wait for 'tfe-backup approve' before anything is changed." };
        return new Command("restore", "Restore a backup into an installation: verify it, apply it whole or not at all, restart the application.") { backup, to, overwrite, approval }
            .Does((context, cancellationToken) => RunAsync(
                context,
                new RestoreInput
                {
                    Backup = context.Get(backup),
                    Target = context.Get(to)!,
                    Overwrite = context.Get(overwrite),
                    RequireApproval = context.Get(approval),
                },
                cancellationToken));
    }

    private static Task<int> RunAsync(CommandContext context, RestoreInput restore, CancellationToken cancellationToken) =>
        new OperationCommand<RestoreInput>(
            RestoreOrchestration.OrchestrationName,
            restore,
            CliJson.Default.RestoreInput,
            (service, token) => service.StartRestoreAsync(restore, token),
            Print).RunAsync(context, restore.Target, cancellationToken);

    private static string Print(WorkflowInstance instance)
    {
        var result = OperationService.ReadRestore(instance)!;
        var text = $"Backup {result.Backup} was restored into {result.Target}, whose application was restarted and is ready.\n";
        return result.Safety is { } safety ? text + $"What was there before is in backup {safety}.\n" : text;
    }
}
