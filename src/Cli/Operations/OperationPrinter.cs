using System.Text;
using TfeBackup.Cli.Commands;
using TfeBackup.Cli.Json;
using TfeBackup.Cli.Output;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Operations;

/// <summary>Prints operations.</summary>
internal static class OperationPrinter
{
    /// <summary>
    /// Prints what an operation that was run to its end came to, or why it failed, and gets the exit code.
    /// </summary>
    /// <param name="terminal">Where.</param>
    /// <param name="host">Where the operation lives.</param>
    /// <param name="instance">The operation.</param>
    /// <param name="text">What it came to, as text.</param>
    public static int PrintResult(Terminal terminal, OperationHost host, OperationInstance instance, Func<OperationInstance, string> text)
    {
        if (terminal.Json)
        {
            terminal.WriteJson(Describe(host, instance), CliJson.Default.OperationDocument);
        }

        if (instance.Failure is { } failure)
        {
            Failures.Print(terminal, failure.Error.ToString(), failure.Message);
            return ExitCode.Of(instance);
        }

        if (!terminal.Json)
        {
            terminal.Write(text(instance));
        }

        return ExitCode.Done;
    }

    /// <summary>An operation as a document.</summary>
    public static OperationDocument Describe(OperationHost host, OperationInstance instance) => new(instance)
    {
        Interrupted = IsInterrupted(host, instance),
        Progress = instance.State == OperationState.Running ? host.Progress.Find(instance.Id) : null,
    };

    /// <summary>Operations, a line each.</summary>
    public static string PrintList(IReadOnlyList<OperationDocument> operations, DateTimeOffset now)
    {
        var table = new TextTable("OPERATION", "STATE", "BEGAN", ">TOOK", "DETAIL");
        foreach (var operation in operations)
        {
            table.Add(
                operation.Id,
                StateOf(operation),
                Human.Time(operation.Created),
                Human.Duration((operation.Finished ?? now) - operation.Created),
                DetailOf(operation));
        }

        return table.ToString();
    }

    /// <summary>An operation with its steps.</summary>
    public static string Print(OperationDocument operation)
    {
        var status = operation.Status;
        var facts = new FactSheet()
            .Add("Operation", operation.Id)
            .Add("State", StateOf(operation))
            .Add("Installation", status?.Installation)
            .Add("Backup", status?.Backup)
            .Add("Began", Human.Time(operation.Created))
            .Add("Ended", operation.Finished is { } finished ? $"{Human.Time(finished)}, after {Human.Duration(finished - operation.Created)}" : null)
            .Add("Waits for", status?.Waiting is { } waiting ? $"{waiting.Message} (until {Human.Time(waiting.Deadline)}); then: {ApproveCommand.CommandFor(operation.Id, waiting)}" : null)
            .Add("Failure", operation.Failure?.ToString());
        foreach (var warning in status?.Warnings ?? [])
        {
            facts.Add("Warning", warning);
        }

        var text = new StringBuilder(facts.ToString());
        if (status?.Steps is { Count: > 0 } steps)
        {
            var table = new TextTable("STEP", "STATE", "BEGAN", ">TOOK", ">RETRIES", "DETAIL");
            foreach (var step in steps)
            {
                table.Add(
                    step.Name,
                    step.State.ToString().ToLowerInvariant(),
                    Human.Time(step.Started),
                    step.Finished is { } ended ? Human.Duration(ended - step.Started) : "",
                    step.Retries == 0 ? "" : $"{Human.Count(step.Retries)} of {Words.MostRetries(step)}",
                    step.Detail ?? "");
            }

            text.Append('\n').Append(table);
        }

        return text.ToString();
    }

    /// <summary>Returns true if an operation has not ended and no process works on it.</summary>
    public static bool IsInterrupted(OperationHost host, OperationInstance instance) =>
        instance.State == OperationState.Running && !OperationLock.IsTaken(host.StateFolder, instance.Id);

    private static string StateOf(OperationDocument operation) => operation switch
    {
        { Interrupted: true } => "interrupted",
        { State: OperationState.Running, Status.Waiting: not null } => "waiting",
        _ => operation.State.ToString().ToLowerInvariant(),
    };

    private static string DetailOf(OperationDocument operation)
    {
        var detail = operation.Failure?.Message
            ?? operation.Status?.Waiting?.Message
            ?? operation.Status?.Steps.LastOrDefault(step => step.State == OperationStepState.Running)?.Name
            ?? operation.Status?.Backup
            ?? "";
        var line = detail.AsSpan().IndexOf('\n');
        return line < 0 ? detail : detail[..line];
    }
}
