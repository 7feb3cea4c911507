using System.CommandLine;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Operations;

namespace TfeBackup.Cli.Commands;

/// <summary><c>approve OPERATION</c>: gives an operation the word it waits for.</summary>
internal static class ApproveCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("OPERATION") { Description = "The operation that waits, as 'operations' shows it." };
        var decline = new Option<bool>("--decline") { Description = "Say no: the operation ends." };
        var comment = new Option<string?>("--comment") { Description = "Why, or what was done; kept with the operation.", HelpName = "TEXT" };
        return new Command("approve", "Tell an operation what it waits for: that it may go on, or that the application was restarted by hand.") { id, decline, comment }
            .Does((context, cancellationToken) =>
                RunAsync(context, context.Get(id), context.Get(decline), context.Get(comment), cancellationToken));
    }

    private static async Task<int> RunAsync(
        CommandContext context, string id, bool decline, string? comment, CancellationToken cancellationToken)
    {
        using var host = OperationHost.Open(context);
        var operation = await host.GetAsync(id, cancellationToken);
        var alone = OperationPrinter.IsInterrupted(host, operation);
        var who = Environment.UserName;
        if (OperationService.ReadStatus(operation)?.Waiting?.Event != OperationEvents.Restarted)
        {
            await host.Service.ApproveAsync(id, new ApprovalDecision(!decline, who, comment), cancellationToken);
        }
        else if (!decline)
        {
            await host.Service.ConfirmRestartAsync(id, new OperatorNote(who, comment), cancellationToken);
        }
        else
        {
            throw new WorkflowException(
                WorkflowError.InvalidRequest,
                $"Operation {id} does not ask for an approval but for a restart by hand; 'tfe-backup operations {id} --cancel' ends it.");
        }

        if (!alone)
        {
            context.Terminal.Write(
                OperationPrinter.Describe(host, operation),
                CliJson.Default.OperationDocument,
                _ => $"Operation {id} was told; the process that works on it goes on.\n");
            return ExitCode.Done;
        }

        var ended = await new OperationRunner(host, context).ResumeAsync(id, cancellationToken);
        return OperationPrinter.PrintResult(context.Terminal, host, ended, _ => $"Operation {id} ended well.\n");
    }
}
