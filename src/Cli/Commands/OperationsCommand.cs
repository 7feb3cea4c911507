using System.CommandLine;
using System.Globalization;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Operations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Commands;

/// <summary><c>operations [ID]</c>.</summary>
internal static class OperationsCommand
{
    public static Command Create()
    {
        var id = new Argument<string?>("ID") { Description = "Show one operation and its steps. [default: list the latest]", Arity = ArgumentArity.ZeroOrOne };
        var limit = new Option<int>("--limit") { Description = "Maximum number of operations to list.", HelpName = "N", DefaultValueFactory = _ => 50 };
        var resume = new Option<bool>("--resume") { Description = "Resume an interrupted operation." };
        var cancel = new Option<bool>("--cancel") { Description = "Cancel an operation, undoing what it can." };
        limit.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (!int.TryParse(token.Value, CultureInfo.InvariantCulture, out var number) || number < 1))
            {
                result.AddError("'--limit' must be a number of at least 1.");
            }
        });
        var command = new Command("operations", "List operations, or show, resume or cancel one.") { id, limit, resume, cancel };
        command.Validators.Add(result =>
        {
            var resumes = result.GetValue(resume);
            var cancels = result.GetValue(cancel);
            if ((resumes || cancels) && result.GetValue(id) is null)
            {
                result.AddError("'--resume' and '--cancel' require the ID of an operation.");
            }

            if (resumes && cancels)
            {
                result.AddError("Options '--resume' and '--cancel' cannot be combined.");
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
        await using var host = OperationHost.Open(context);
        var operations = new List<OperationDocument>();
        await foreach (var instance in host.Queries.ListAsync(new OperationQuery { Limit = limit }, cancellationToken))
        {
            operations.Add(OperationPrinter.Describe(host, instance));
        }

        context.Terminal.Write(
            operations,
            CliJson.Default.ListOperationDocument,
            list => list.Count == 0 ? "" : OperationPrinter.PrintList(list, context.Time.GetUtcNow()));
        if (operations.Count == 0)
        {
            context.Terminal.Say("No operations.");
        }

        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(CommandContext context, string id, CancellationToken cancellationToken)
    {
        await using var host = OperationHost.Open(context);
        var operation = OperationPrinter.Describe(host, await host.GetAsync(id, cancellationToken));
        context.Terminal.Write(operation, CliJson.Default.OperationDocument, OperationPrinter.Print);
        return ExitCode.Done;
    }

    private static async Task<int> EndAsync(CommandContext context, string id, bool cancel, CancellationToken cancellationToken)
    {
        await using var host = OperationHost.Open(context);
        var operation = await host.GetAsync(id, cancellationToken);
        if (operation.State != OperationState.Running)
        {
            throw new OperationException(
                OperationError.InvalidRequest, $"Operation {id} has ended ({operation.State.ToString().ToLowerInvariant()}); there is nothing to {(cancel ? "cancel" : "resume")}.");
        }

        if (cancel)
        {
            await host.Service.CancelAsync(id, new OperatorNote(Environment.UserName), cancellationToken);
        }

        // An operation ends itself: somebody has to run it for that, and where nobody does this process does.
        var ended = await new OperationRunner(host, context).ResumeAsync(id, cancellationToken);
        var wasCancelled = cancel && ended.Failure?.Error == OperationError.Cancelled;
        if (!wasCancelled)
        {
            return OperationPrinter.PrintResult(context.Terminal, host, ended, _ => $"Operation {id} completed.\n");
        }

        var target = ended.Status?.Installation;
        var became = ended.Status?.Target switch
        {
            TargetState.Unchanged => $" Nothing of {target} was changed.",
            TargetState.Restored => $" {ended.Status.Backup} had been restored into {target} by then; its application may not have been restarted.",
            TargetState.Unknown => $" {target} is either unchanged or completely restored, and does not report which: inspect it.",
            _ => "",
        };
        context.Terminal.Write(
            OperationPrinter.Describe(host, ended), CliJson.Default.OperationDocument, _ => $"Operation {id} was cancelled.{became}\n");

        // That it was cancelled is what was asked for.
        return ExitCode.Of(ended) is var code && code == ExitCode.Of(OperationError.Cancelled) ? ExitCode.Done : code;
    }
}
