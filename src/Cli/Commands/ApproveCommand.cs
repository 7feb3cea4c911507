using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary><c>approve OPERATION</c>: gives an operation the answer it waits for.</summary>
internal static class ApproveCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("OPERATION") { Description = "A waiting operation, as shown by 'operations'." };
        var restarted = new Option<bool>("--restarted") { Description = "Confirm that the application was restarted by hand." };
        var decline = new Option<bool>("--decline") { Description = "Decline: the operation ends without changing anything." };
        var comment = new Option<string?>("--comment") { Description = "Comment recorded with the operation.", HelpName = "TEXT" };
        return new Command("approve", "Answer a waiting operation: approve it, or confirm a restart by hand.") { id, restarted, decline, comment }
            .Does((context, cancellationToken) => RunAsync(
                context,
                context.Get(id),
                context.Get(restarted) ? OperationEvents.Restarted : OperationEvents.Approval,
                new ApprovalDecision(!context.Get(decline), Environment.UserName, context.Get(comment)),
                cancellationToken));
    }

    /// <summary>Gets the command that answers an operation, for messages.</summary>
    public static string CommandFor(string id, OperationWait wait) =>
        $"tfe-backup approve {id}{(wait.Event == OperationEvents.Restarted ? " --restarted" : "")}";

    private static async Task<int> RunAsync(
        CommandContext context, string id, string wait, ApprovalDecision decision, CancellationToken cancellationToken)
    {
        await using var host = OperationHost.Open(context);
        var operation = await host.GetAsync(id, cancellationToken);
        var alone = OperationPrinter.IsInterrupted(host, operation);
        await host.Service.AnswerAsync(id, wait, decision, cancellationToken);
        if (!alone)
        {
            context.Terminal.Write(
                OperationPrinter.Describe(host, operation),
                CliJson.Default.OperationDocument,
                _ => $"Operation {id} was answered; the process running it continues.\n");
            return ExitCode.Done;
        }

        var ended = await new OperationRunner(host, context).ResumeAsync(id, cancellationToken);
        return OperationPrinter.PrintResult(context.Terminal, host, ended, _ => $"Operation {id} completed.\n");
    }
}
