using System.CommandLine;
using System.Globalization;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Cli.Commands;

/// <summary><c>operations [ID]</c>.</summary>
internal static class OperationsCommand
{
    public static Command Create()
    {
        var id = new Argument<string?>("ID") { Description = "One operation, with its steps. [default: the latest]", Arity = ArgumentArity.ZeroOrOne };
        var limit = new Option<int>("--limit") { Description = "List at most so many.", HelpName = "N", DefaultValueFactory = _ => 50 };
        var resume = new Option<bool>("--resume") { Description = "Go on with an operation that was interrupted." };
        var cancel = new Option<bool>("--cancel") { Description = "End an operation, putting right what it can." };
        limit.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (!int.TryParse(token.Value, CultureInfo.InvariantCulture, out var number) || number < 1))
            {
                result.AddError("'--limit' expects a number from 1.");
            }
        });
        var command = new Command("operations", "Show what was done, when, and why it failed.") { id, limit, resume, cancel };
        command.Validators.Add(result =>
        {
            var resumes = result.GetValue(resume);
            var cancels = result.GetValue(cancel);
            if ((resumes || cancels) && result.GetValue(id) is null)
            {
                result.AddError("'--resume' and '--cancel' need the ID of an operation.");
            }

            if (resumes && cancels)
            {
                result.AddError("Options '--resume' and '--cancel' exclude each other.");
            }
        });
        return command.Does((context, cancellationToken) => context.Find(id) is not { } one
            ? ListAsync(context, context.Get(limit), cancellationToken)
            : context.Get(resume) ? EndAsync(context, one, cancel: false, cancellationToken)
            : context.Get(cancel) ? EndAsync(context, one, cancel: true, cancellationToken)
            : ShowAsync(context, one, cancellationToken));
    }

    private static async Task<int> ListAsync(CommandContext context, int limit, CancellationToken cancellationToken)
    {
        using var host = OperationHost.Open(context);
        var operations = new List<OperationDocument>();
        await foreach (var instance in host.Client.ListAsync(new WorkflowQuery { Limit = limit }, cancellationToken))
        {
            operations.Add(OperationPrinter.Describe(host, instance));
        }

        // Newest last, where the prompt is.
        operations.Reverse();
        context.Terminal.Write(
            operations,
            CliJson.Default.ListOperationDocument,
            list => list.Count == 0 ? "" : OperationPrinter.PrintList(list, context.Time.GetUtcNow()));
        if (operations.Count == 0)
        {
            context.Terminal.Say("There have been no operations.");
        }

        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(CommandContext context, string id, CancellationToken cancellationToken)
    {
        using var host = OperationHost.Open(context);
        var operation = OperationPrinter.Describe(host, await host.GetAsync(id, cancellationToken));
        context.Terminal.Write(operation, CliJson.Default.OperationDocument, OperationPrinter.Print);
        return ExitCode.Done;
    }

    private static async Task<int> EndAsync(CommandContext context, string id, bool cancel, CancellationToken cancellationToken)
    {
        using var host = OperationHost.Open(context);
        var operation = await host.GetAsync(id, cancellationToken);
        if (operation.State != WorkflowState.Running)
        {
            throw new WorkflowException(
                WorkflowError.InvalidRequest, $"Operation {id} has ended ({operation.State.ToString().ToLowerInvariant()}); there is nothing to {(cancel ? "cancel" : "resume")}.");
        }

        if (cancel)
        {
            await host.Service.CancelAsync(id, new OperatorNote(Environment.UserName), cancellationToken);
        }

        // An operation ends itself: somebody has to run it for that, and where nobody does this process does.
        var ended = await new OperationRunner(host, context).ResumeAsync(id, cancellationToken);
        var wasCancelled = cancel && ended.Failure?.Error == WorkflowError.Cancelled;
        if (!wasCancelled)
        {
            return OperationPrinter.PrintResult(context.Terminal, host, ended, _ => $"Operation {id} ended well.\n");
        }

        context.Terminal.Write(
            OperationPrinter.Describe(host, ended), CliJson.Default.OperationDocument, _ => $"Operation {id} was cancelled.\n");
        return ExitCode.Done;
    }
}
