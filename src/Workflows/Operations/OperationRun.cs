using System.Text.Json;
using TfeBackup.Workflows.Notifications;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Operations;

/// <summary>
/// One run of an operation: its steps with what came of them, its claims, its waits for operators and its cancellation. Deterministic code, part of
/// every orchestration here.
/// </summary>
internal sealed class OperationRun
{
    private const int MaxWarnings = 20;
    private const int MaxDetail = 1_000;

    // An activity's input is limited to 45 KB, and JSON may take six bytes for a character.
    private const int MaxReported = 10;

    // A status is limited to 16 KB of UTF-16.
    private const int MaxStatus = 8_000;

    // Short: until it ends, the operation holds what it claimed.
    private static readonly RetryPolicy Notifying = new(3, TimeSpan.FromSeconds(2), 2, TimeSpan.FromSeconds(10));

    private readonly List<OperationStep> _steps = [];
    private readonly List<string> _warnings = [];
    private readonly OperationKind _kind;
    private readonly string? _installation;
    private readonly Task<string> _cancel;
    private readonly DateTimeOffset _started;
    private OperationWait? _waiting;
    private TimeSpan _waited;
    private bool _claimed;
    private SkippedTick? _skipped;

    private OperationRun(IWorkflowContext context, OperationKind kind, string? installation)
    {
        Context = context;
        _kind = kind;
        _installation = installation;
        _started = context.CurrentUtc;
        _cancel = context.WaitForEventAsync(OperationEvents.Cancel, CancellationToken.None);
    }

    public IWorkflowContext Context { get; }

    /// <summary>Taken from the plan as soon as there is one.</summary>
    public OperationTimings Timings { get; set; } = new();

    /// <summary>The backup the operation is about, once known.</summary>
    public BackupKey? Backup { get; set; }

    /// <summary>Its size, once known, for the report.</summary>
    public long? Size { get; set; }

    /// <summary>Why a backup is taken, for the report.</summary>
    public BackupPurpose? Purpose { get; set; }

    /// <summary>When a scheduled operation was due; null where an operator asked for it.</summary>
    public DateTimeOffset? Due { get; set; }

    /// <summary>What a drill has come to, for the report.</summary>
    public DrillReport? Drill { get; set; }

    /// <summary>The restart in the operation, for the report.</summary>
    public MeasuredPart? Restart { get; private set; }

    /// <summary>Runs an operation's body and reports its end, whichever it is.</summary>
    public static async Task<T> RunAsync<T>(
        IWorkflowContext context, OperationKind kind, string? installation, Func<OperationRun, Task<T>> body)
    {
        var run = new OperationRun(context, kind, installation);
        T result;
        try
        {
            result = await body(run);
        }
        catch (WorkflowException e) when (e.Error != WorkflowError.NonDeterministic)
        {
            run._waiting = null;
            run.Save();
            await run.ReportAsync(e);
            throw;
        }

        run.Save();
        await run.ReportAsync(failure: null);
        return result;
    }

    /// <summary>Runs an activity as a step.</summary>
    /// <param name="name">The step's name.</param>
    /// <param name="activity">The activity.</param>
    /// <param name="input">Its input.</param>
    /// <param name="retry">How often it is tried again.</param>
    /// <param name="detail">What to say of its outcome.</param>
    /// <param name="cancellable">Whether a cancellation ends the step; otherwise only what comes after it.</param>
    /// <param name="isRetried">Which failures are tried again; null for transient ones.</param>
    public async Task<TOutput> StepAsync<TInput, TOutput>(
        string name,
        ActivityDefinition<TInput, TOutput> activity,
        TInput input,
        RetryPolicy retry,
        Func<TOutput, string?>? detail = null,
        bool cancellable = true,
        Func<WorkflowException, bool>? isRetried = null) =>
        await StepAsync(name, detail, cancellable, step => Context.CallActivityAsync(
            activity, input, retry, (e, again) => Retrying(step, e.Message, again), isRetried));

    /// <summary>Runs several calls as one step.</summary>
    public async Task<T> StepAsync<T>(string name, Func<T, string?>? detail, bool cancellable, Func<int, Task<T>> work)
    {
        if (cancellable)
        {
            ThrowIfCancelled();
        }

        var step = Begin(name);
        try
        {
            var task = work(step);
            if (cancellable && await Task.WhenAny(task, _cancel) == _cancel)
            {
                End(step, OperationStepState.Cancelled, null);
                ThrowIfCancelled();
            }

            var result = await task;
            End(step, OperationStepState.Done, detail?.Invoke(result));
            return result;
        }
        catch (WorkflowException e) when (_steps[step].State == OperationStepState.Running)
        {
            End(step, OperationStepState.Failed, e.Message);
            throw;
        }
    }

    /// <summary>Claims a resource, or fails naming the operation that has it.</summary>
    public async Task ClaimAsync(string resource, bool exclusive)
    {
        await StepAsync($"claim {resource}", null, cancellable: true, async step =>
        {
            var claim = await Context.CallActivityAsync(
                WorkflowActivities.Claim,
                _claimed ? new ClaimInput(resource, exclusive) : new ClaimInput(resource, exclusive, _kind, _installation),
                Timings.Calls,
                (e, again) => Retrying(step, e.Message, again));
            if (claim.Holder is null)
            {
                return claim;
            }

            _skipped = Due is { } due ? new SkippedTick(due, claim.Holder) : null;
            throw new WorkflowException(
                WorkflowError.Busy,
                _skipped is null
                    ? $"Operation {claim.Holder} works on {resource.Replace('/', ' ')}; wait for it, or cancel it."
                    : $"Skipped: operation {claim.Holder} was at work on {resource.Replace('/', ' ')} when this was due.");
        });
        _claimed = true;
    }

    /// <summary>Does the restart of the operation and measures it.</summary>
    public async Task<T> MeasureRestartAsync<T>(Func<Task<T>> restart)
    {
        var (started, waited) = (Context.CurrentUtc, _waited);
        try
        {
            var result = await restart();
            Restart = new MeasuredPart(Elapsed(started, waited), Error: null);
            return result;
        }
        catch (WorkflowException e)
        {
            Restart = new MeasuredPart(Elapsed(started, waited), e.Error);
            throw;
        }
    }

    /// <summary>Waits for an operator's event.</summary>
    /// <returns>Its JSON; null when the deadline passed first.</returns>
    public async Task<string?> WaitForOperatorAsync(string name, string message, string eventName, TimeSpan patience)
    {
        var began = Context.CurrentUtc;
        var deadline = began + patience;
        _waiting = new OperationWait(eventName, message, deadline);
        using var over = new CancellationTokenSource();
        try
        {
            return await StepAsync<string?>(name, null, cancellable: true, async _ =>
            {
                var answer = Context.WaitForEventAsync(eventName, over.Token);
                var timer = Context.CreateTimerAsync(deadline, over.Token);
                return await Task.WhenAny(answer, timer) == answer ? await answer : null;
            });
        }
        finally
        {
            // Not CancelAsync: that would go on on another thread.
            over.Cancel();
            _waited += Context.CurrentUtc - began;
            _waiting = null;
            Save();
        }
    }

    /// <summary>Waits a while; inside a step.</summary>
    public Task PauseAsync(TimeSpan pause) => Context.CreateTimerAsync(Context.CurrentUtc + pause, CancellationToken.None);

    /// <summary>Says how far a step has come.</summary>
    public void Note(int step, string detail)
    {
        var text = Shorten(detail, MaxDetail);
        if (_steps[step].Detail != text)
        {
            _steps[step] = _steps[step] with { Detail = text };
            Save();
        }
    }

    public void Retrying(int step, string reason, DateTimeOffset again)
    {
        _steps[step] = _steps[step] with
        {
            Retries = _steps[step].Retries + 1,
            Detail = Shorten($"Trying again at {again.UtcDateTime:HH:mm:ss} UTC: {reason}", MaxDetail),
        };
        Save();
    }

    /// <summary>Records what went wrong without making the operation fail.</summary>
    public void Warn(string warning)
    {
        if (_warnings.Count < MaxWarnings)
        {
            _warnings.Add(Shorten(warning, MaxDetail));
        }

        Save();
    }

    /// <summary>At most so many characters of a text.</summary>
    public static string Shorten(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length - 1), "…");

    private void ThrowIfCancelled()
    {
        if (_cancel.IsCompletedSuccessfully)
        {
            var note = JsonSerializer.Deserialize(_cancel.Result, WorkflowJson.Default.OperatorNote);
            throw new WorkflowException(
                WorkflowError.Cancelled,
                $"The operation was cancelled{(note?.By is null ? "" : $" by {note.By}")}{(note?.Comment is null ? "" : $": {note.Comment}")}.");
        }
    }

    private int Begin(string name)
    {
        _steps.Add(new OperationStep { Name = name, State = OperationStepState.Running, Started = Context.CurrentUtc });
        Save();
        return _steps.Count - 1;
    }

    private void End(int step, OperationStepState state, string? detail)
    {
        _steps[step] = _steps[step] with
        {
            State = state,
            Finished = Context.CurrentUtc,
            Detail = detail is null ? null : Shorten(detail, MaxDetail),
        };
        Save();
    }

    private TimeSpan Elapsed(DateTimeOffset since, TimeSpan waitedBefore) => Context.CurrentUtc - since - (_waited - waitedBefore);

    private async Task ReportAsync(WorkflowException? failure)
    {
        var report = new ReportInput(
            _kind, _installation, Backup?.ToString(), Size,
            failure is null ? null : Shorten(WorkflowFailure.From(failure).ToString(), 2 * MaxDetail),
            [.. _warnings.TakeLast(MaxReported).Select(warning => Shorten(warning, MaxDetail / 4))])
        {
            Started = _started,
            Duration = Elapsed(_started, TimeSpan.Zero),
            Purpose = Purpose,
            Restart = Restart,
            Drill = Drill,
            Skipped = failure?.Error == WorkflowError.Busy ? _skipped : null,
        };
        try
        {
            var reported = await Context.CallActivityAsync(WorkflowActivities.Report, report, Timings.Calls);
            foreach (var channel in reported.Notify ?? [])
            {
                await NotifyAsync(channel, report, failure);
            }
        }
        catch (WorkflowException) when (failure is not null)
        {
            // The operation's own failure says more than that its report failed too.
        }
    }

    private async Task NotifyAsync(string channel, ReportInput report, WorkflowException? failure)
    {
        var end = new OperationEnd
        {
            Operation = Context.InstanceId,
            Kind = _kind,
            Outcome = failure?.Error switch
            {
                null => "completed",
                _ when report.Skipped is not null => "skipped",
                WorkflowError.Cancelled => "cancelled",
                _ => "failed",
            },
            Installation = _installation,
            Backup = report.Backup,
            Size = report.Size,
            Started = report.Started,
            DurationSeconds = report.Duration?.TotalSeconds,
            Error = failure?.Error,
            Failure = failure is null ? null : Shorten(failure.Message, 2 * MaxDetail),
            Warnings = report.Warnings,
        };
        try
        {
            await Context.CallActivityAsync(WorkflowActivities.Notify, new NotifyInput(channel, Context.CurrentUtc, end), Notifying);
        }
        catch (WorkflowException e) when (e.Error != WorkflowError.NonDeterministic)
        {
            Warn($"Notification {channel} was not sent: {e.Message}");
        }
    }

    private void Save()
    {
        // Where it grows too long, what was said about the steps is cut short before any step is left out.
        var json = "";
        foreach (var (steps, detail) in ((int Steps, int Detail)[])[(40, MaxDetail), (40, 200), (20, 100), (10, 50)])
        {
            var status = new OperationStatus
            {
                Kind = _kind,
                Installation = _installation,
                Backup = Backup?.ToString(),
                Steps = [.. _steps.TakeLast(steps).Select(step => step with { Detail = step.Detail is { } d ? Shorten(d, detail) : null })],
                Waiting = _waiting,
                Warnings = [.. _warnings.TakeLast(steps / 2).Select(warning => Shorten(warning, detail))],
            };
            json = JsonSerializer.Serialize(status, WorkflowJson.Default.OperationStatus);
            if (json.Length <= MaxStatus)
            {
                break;
            }
        }

        Context.SetStatus(json);
    }
}
