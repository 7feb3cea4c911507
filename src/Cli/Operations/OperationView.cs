using TfeBackup.Cli.Commands;
using TfeBackup.Cli.Output;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Operations;

/// <summary>Shows an operation while it is followed: its present step with progress, each step's outcome, and what it waits for.</summary>
internal sealed class OperationView(Terminal terminal, TimeProvider time, string operationId) : IDisposable
{
    private readonly ProgressLine _progress = new(terminal, time, operationId);
    private readonly HashSet<(string Name, DateTimeOffset Started)> _ended = [];
    private int _warned;
    private OperationWait? _waiting;

    /// <summary>Shows what has changed.</summary>
    public void Show(OperationInstance instance, ActivityProgress? progress)
    {
        if (instance.Status is not { } status)
        {
            return;
        }

        // By what they are and not by their place: a status keeps the last steps only.
        foreach (var step in status.Steps.Where(step => step.State != OperationStepState.Running && _ended.Add((step.Name, step.Started))))
        {
            ShowEnd(step);
        }

        for (; _warned < status.Warnings.Count; _warned++)
        {
            Say($"warning: {status.Warnings[_warned]}");
        }

        if (status.Waiting is { } waiting && waiting != _waiting)
        {
            Say($"{waiting.Message} (until {Human.Time(waiting.Deadline)})");
            Say($"Then: {ApproveCommand.CommandFor(operationId, waiting)}");
        }

        _waiting = status.Waiting;
        if (instance.State == OperationState.Running && status.Steps.LastOrDefault(step => step.State == OperationStepState.Running) is { } present)
        {
            _progress.Show(present.Detail is { } detail && progress is null ? $"{present.Name}: {detail}" : present.Name, progress?.Bytes, progress?.Total, progress?.Estimate);
        }
    }

    public void Dispose() => _progress.Dispose();

    private void ShowEnd(OperationStep step)
    {
        var mark = step.State switch
        {
            OperationStepState.Done => "done",
            OperationStepState.Cancelled => "cancelled",
            _ => "FAILED",
        };
        var took = step.Finished is { } finished ? Human.Duration(finished - step.Started) : "";
        var retries = step.Retries == 0 ? "" : $", {step.Retries} of {Words.MostRetries(step)} retries";
        var detail = step.Detail is null || step.State == OperationStepState.Failed ? "" : $": {step.Detail}";
        Say($"{step.Name}: {mark} in {took}{retries}{detail}");
    }

    private void Say(string line)
    {
        if (!terminal.Json && !terminal.IsQuiet)
        {
            terminal.SayWrapped(terminal.IsInteractive ? Human.Plain(line) : $"{Human.Time(time.GetUtcNow())}  {operationId}: {Human.Plain(line)}");
        }
    }
}
