using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Cli.Output;
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
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the target's data; a safety backup is taken first. On a terminal, the target's name has to be typed." };
        var empty = new Option<bool>("--target-is-empty") { Description = "Treat a target that does not report its content as empty." };
        var noSafety = new Option<string?>("--no-safety-backup")
        {
            Description = "Overwrite without a safety backup; repeat the target's name to confirm.",
            HelpName = "INSTALLATION",
        };
        var notValid = new Option<string[]>("--not-valid")
        {
            Description = "Constraint that the backup's rows break, to be put back NOT VALID; repeatable. A backup's record names such constraints.",
            HelpName = "SCHEMA.TABLE.CONSTRAINT",
        };
        var yes = new Option<bool>("--yes") { Description = "Do not ask for the target's name before its data is replaced. Without a terminal, nothing is asked." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Print the plan; change nothing." };
        var approval = new Option<bool>("--require-approval") { Description = "Wait for 'tfe-backup approve' before changing anything." };
        return new Command("restore", "Verify a backup, restore it into an installation (all or nothing), and restart the application.") { backup, to, overwrite, empty, noSafety, notValid, approval, yes, dryRun }
            .Does((context, cancellationToken) => RunAsync(
                context,
                new RestoreInput
                {
                    Backup = context.Get(backup),
                    Target = context.Get(to)!,
                    Overwrite = context.Get(overwrite),
                    TargetIsEmpty = context.Get(empty),
                    NoSafetyBackup = context.Get(noSafety),
                    NotValid = context.Get(notValid) is { Length: > 0 } constraints ? constraints : null,
                    RequireApproval = context.Get(approval),
                },
                context.Get(dryRun),
                context.Get(yes),
                cancellationToken));
    }

    private static async Task<int> RunAsync(CommandContext context, RestoreInput asked, bool dryRun, bool yes, CancellationToken cancellationToken)
    {
        await using var host = OperationHost.Open(context);
        InstallationNames.Check(host.Configuration, asked.Target);
        var plan = await host.Planner.PreviewAsync(asked, cancellationToken);
        if (dryRun)
        {
            context.Terminal.Write(plan, CliJson.Default.RestorePreview, RestorePlanText.Of);
            return plan.Refusal is { } refusal ? throw refusal.ToException() : ExitCode.Done;
        }

        context.Terminal.Note(RestorePlanText.Of(plan).TrimEnd());
        if (!yes)
        {
            await Confirmation.RequireAsync(context.Terminal, plan, cancellationToken);
        }

        // What was shown is what is restored, even if "latest" means another backup by the time the operation begins.
        var restore = asked with { Backup = plan.Backup.ToString() };
        return await new OperationCommand<RestoreInput>(
            RestoreOrchestrator.OrchestrationName,
            restore,
            CliJson.Default.RestoreInput,
            (service, token) => service.StartRestoreAsync(restore, token),
            Print).RunAsync(context, host, cancellationToken);
    }

    private static string Print(OperationInstance instance)
    {
        var result = OperationQueries.ReadRestore(instance)!;
        var text = $"Backup {result.Backup} was restored into {result.Target}; its application was restarted and is ready.\n";
        return result.Safety is { } safety ? text + $"The previous data is in backup {safety}.\n" : text;
    }
}
