using System.Text.Json;
using Microsoft.DurableTask;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;

namespace TfeBackup.Operations.Steps;

/// <summary>
/// One run of an operation: its steps with what came of them, its claims, its waits for operators and its cancellation. Deterministic code, part of
/// every orchestration here.
/// </summary>
internal sealed class OperationRun
{
    private const int MaxWarnings = 20;
    private const int MaxDetail = 1_000;

    // Activity inputs are limited to 45 KB; JSON may need six bytes a character.
    private const int MaxReported = 10;

    // Custom status is limited to 16 KB of UTF-16.
    private const int MaxStatus = 8_000;

    // Every poll adds to the history.
    private static readonly TimeSpan FirstClaimPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestClaimPause = TimeSpan.FromMinutes(1);

    // Short: the operation holds its claims until it ends.
    private static readonly RetryTimes Notifying = new(3, TimeSpan.FromSeconds(2), 2, TimeSpan.FromSeconds(10));

    private readonly List<OperationStep> _steps = [];
    private readonly List<(string Activity, int Step)> _calls = [];
    private readonly List<string> _warnings = [];
    private readonly OperationKind _kind;
    private readonly string? _installation;
    private readonly TaskOrchestrationContext _context;
    private readonly Task<OperatorNote> _cancel;
    private readonly DateTimeOffset _started;
    private OperationWait? _waiting;
    private TimeSpan _waited;
    private bool _claimed;
    private SkippedTick? _skipped;

    private OperationRun(TaskOrchestrationContext context, OperationKind kind, string? installation)
    {
        _context = context;
        _kind = kind;
        _installation = installation;
        _started = Now;
        _cancel = context.WaitForExternalEvent<OperatorNote>(OperationEvents.Cancel);
        _ = CountRedeliveriesAsync();
    }

    /// <summary>The operation's id.</summary>
    public string OperationId => _context.InstanceId;

    /// <summary>The time of the event being handled (UTC): the same in every replay.</summary>
    public DateTimeOffset Now => new(DateTime.SpecifyKind(_context.CurrentUtcDateTime, DateTimeKind.Utc));

    /// <summary>True if an operator has asked it to end.</summary>
    public bool IsCancelled => _cancel.IsCompletedSuccessfully;

    /// <summary>Taken from the plan as soon as there is one.</summary>
    public OperationTimings Timings { get; set; } = new();

    /// <summary>The backup the operation is about, once known.</summary>
    public BackupKey? Backup { get; set; }

    /// <summary>Its size, once known, for the report.</summary>
    public long? Size { get; set; }

    /// <summary>The purpose of the backup, for the report.</summary>
    public BackupPurpose? Purpose { get; set; }

    /// <summary>When a scheduled operation was due; null where an operator asked for it.</summary>
    public DateTimeOffset? Due { get; set; }

    /// <summary>
    /// How long one that was due while nothing ran waits for what is in its way, in place of being skipped; null for others.
    /// </summary>
    public DateTimeOffset? WaitUntil { get; set; }

    /// <summary>How this host's users ask, for messages.</summary>
    public RequestWords Words { get; set; } = RequestWords.CommandLine;

    /// <summary>The plan of a restore, for the operation's status.</summary>
    public RestorePreview? Plan { get; set; }

    /// <summary>The state of a restore's target, for the operation's status.</summary>
    public TargetState? Target { get; set; }

    /// <summary>The result of a drill, for the report.</summary>
    public DrillReport? Drill { get; set; }

    /// <summary>The restart in the operation, for the report.</summary>
    public MeasuredPart? Restart { get; private set; }

    /// <summary>Runs an operation's body and reports its end, whichever it is.</summary>
    public static async Task<T> RunAsync<T>(
        TaskOrchestrationContext context, OperationKind kind, string? installation, Func<OperationRun, Task<T>> body)
    {
        var run = new OperationRun(context, kind, installation);
        T result;
        try
        {
            result = await body(run);
        }
        catch (OperationException e)
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

    /// <summary>Goes on with what a plan has chosen.</summary>
    /// <param name="record">The backup the operation is about.</param>
    /// <param name="note">A note on the choice for the operator, if any.</param>
    /// <param name="timings">The timings in force when it was planned.</param>
    public void Use(BackupRecord record, string? note, OperationTimings timings)
    {
        Timings = timings;
        Backup = record.Key;
        Size = record.Size;
        if (note is not null)
        {
            Warn(note);
        }
    }

    /// <summary>Runs an activity as a step.</summary>
    /// <param name="name">The step's name.</param>
    /// <param name="activity">The activity.</param>
    /// <param name="input">Its input.</param>
    /// <param name="times">The number of retries and the delays between them.</param>
    /// <param name="detail">Describes its outcome.</param>
    /// <param name="onCancel">How a cancellation affects it.</param>
    /// <param name="isRetried">Selects failures to retry; null for transient ones.</param>
    public Task<TOutput> StepAsync<TInput, TOutput>(
        string name,
        ActivityName<TInput, TOutput> activity,
        TInput input,
        RetryTimes times,
        Func<TOutput, string?>? detail = null,
        OnCancel onCancel = OnCancel.Leave,
        Func<OperationException, bool>? isRetried = null) =>
        StepAsync(name, detail, onCancel, step => CallAsync(activity, input, times, step, onCancel, isRetried));

    /// <summary>Runs several calls as one step.</summary>
    public async Task<T> StepAsync<T>(string name, Func<T, string?>? detail, OnCancel onCancel, Func<int, Task<T>> work)
    {
        if (onCancel != OnCancel.Ignore)
        {
            ThrowIfCancelled();
        }

        var step = Begin(name);
        try
        {
            var task = work(step);
            if (onCancel == OnCancel.Leave && await Task.WhenAny(task, _cancel) == _cancel)
            {
                End(step, OperationStepState.Cancelled, null);
                ThrowIfCancelled();
            }

            var result = await task;
            End(step, OperationStepState.Done, detail?.Invoke(result));
            return result;
        }
        catch (OperationException e) when (_steps[step].State == OperationStepState.Running)
        {
            End(step, e.Error == OperationError.Cancelled ? OperationStepState.Cancelled : OperationStepState.Failed, e.Message);
            throw;
        }
    }

    /// <summary>Runs an activity, again while it fails in a way that waiting may cure.</summary>
    /// <param name="activity">The activity.</param>
    /// <param name="input">Its input.</param>
    /// <param name="times">The number of retries and the delays between them.</param>
    /// <param name="step">The step that shows the retries; null for none.</param>
    /// <param name="onCancel">How a cancellation affects it: no retries after one, unless ignored.</param>
    /// <param name="isRetried">Selects failures to retry; null for transient ones.</param>
    public async Task<TOutput> CallAsync<TInput, TOutput>(
        ActivityName<TInput, TOutput> activity,
        TInput input,
        RetryTimes times,
        int? step = null,
        OnCancel onCancel = OnCancel.Leave,
        Func<OperationException, bool>? isRetried = null)
    {
        var retry = new StepRetry(this, step, times, onCancel, isRetried);
        var call = (activity.Name, step ?? -1);
        _calls.Add(call);
        try
        {
            return await _context.CallActivityAsync<TOutput>(activity.Name, input, TaskOptions.FromRetryHandler(retry.HandleAsync))
                ?? throw new OperationException(OperationError.Internal, $"Activity {activity.Name} returned null.");
        }
        catch (TaskFailedException e)
        {
            throw RecordedFailureException.Read(e.FailureDetails).ToException();
        }
        finally
        {
            _calls.Remove(call);
        }
    }

    /// <summary>Claims a resource, or fails naming the operation that has it.</summary>
    public async Task ClaimAsync(string resource, bool exclusive)
    {
        await StepAsync($"claim {resource}", null, OnCancel.Leave, async step =>
        {
            var claim = await TryClaimAsync(resource, exclusive, step);
            for (var pause = FirstClaimPause; claim.Holder is not null && Now + pause < WaitUntil; pause = pause * 2 < LongestClaimPause ? pause * 2 : LongestClaimPause)
            {
                Note(step, $"Due while nothing ran here; begins when operation {claim.Holder} ends.");
                await PauseAsync(pause, OnCancel.Leave);
                claim = await TryClaimAsync(resource, exclusive, step);
            }

            if (claim.Holder is null)
            {
                return claim;
            }

            _skipped = Due is { } due ? new SkippedTick(due, claim.Holder) : null;
            throw new OperationException(
                OperationError.Busy,
                _skipped is null
                    ? $"Operation {claim.Holder} is using {resource.Replace('/', ' ')}; wait for it or cancel it."
                    : $"Skipped: operation {claim.Holder} was using {resource.Replace('/', ' ')} when this was due.");
        });
        _claimed = true;
    }

    private Task<ClaimOutput> TryClaimAsync(string resource, bool exclusive, int step) => CallAsync(
        ClaimActivity.Call,
        _claimed ? new ClaimInput(resource, exclusive) : new ClaimInput(resource, exclusive, _kind, _installation),
        Timings.Calls,
        step);

    /// <summary>Does the restart of the operation and measures it.</summary>
    public async Task<T> MeasureRestartAsync<T>(Func<Task<T>> restart)
    {
        var (started, waited) = (Now, _waited);
        try
        {
            var result = await restart();
            Restart = new MeasuredPart(Elapsed(started, waited), Error: null);
            return result;
        }
        catch (OperationException e)
        {
            Restart = new MeasuredPart(Elapsed(started, waited), e.Error);
            throw;
        }
    }

    /// <summary>Waits for an operator's event.</summary>
    /// <returns>The event's payload; null if the deadline passed first.</returns>
    public async Task<T?> WaitForOperatorAsync<T>(string name, string message, string eventName, TimeSpan timeout)
        where T : class
    {
        var began = Now;
        var deadline = began + timeout;
        _waiting = new OperationWait(eventName, message, deadline);
        using var over = new CancellationTokenSource();
        try
        {
            return await StepAsync<T?>(name, null, OnCancel.Leave, async _ =>
            {
                var answer = _context.WaitForExternalEvent<T>(eventName, over.Token);
                var timer = _context.CreateTimer(deadline.UtcDateTime, over.Token);
                return await Task.WhenAny(answer, timer) == answer ? await answer : null;
            });
        }
        finally
        {
            // Not CancelAsync: it would resume on another thread.
            over.Cancel();
            _waited += Now - began;
            _waiting = null;
            Save();
        }
    }

    /// <summary>Waits a while; inside a step.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.Cancelled"/>, unless that is to be ignored.</exception>
    public async Task PauseAsync(TimeSpan pause, OnCancel onCancel)
    {
        if (!await WaitUntilAsync(Now + pause, onCancel))
        {
            ThrowIfCancelled();
        }
    }

    /// <summary>
    /// Waits until a time. An orchestration completes only once no timer is pending, so an obsolete one is cancelled.
    /// </summary>
    /// <returns>False if the operation was cancelled meanwhile, unless that is ignored.</returns>
    public async Task<bool> WaitUntilAsync(DateTimeOffset due, OnCancel onCancel)
    {
        if (onCancel == OnCancel.Ignore)
        {
            await _context.CreateTimer(due.UtcDateTime, CancellationToken.None);
            return true;
        }

        if (IsCancelled)
        {
            return false;
        }

        using var over = new CancellationTokenSource();
        var timer = _context.CreateTimer(due.UtcDateTime, over.Token);
        if (await Task.WhenAny(timer, _cancel) == timer)
        {
            return true;
        }

        over.Cancel();
        return false;
    }

    /// <summary>Says how far a step has come.</summary>
    public void Note(int step, string detail)
    {
        var text = Text.Shorten(detail, MaxDetail);
        if (_steps[step].Detail != text)
        {
            _steps[step] = _steps[step] with { Detail = text };
            Save();
        }
    }

    /// <summary>Says that a step is tried again.</summary>
    /// <param name="step">Its number.</param>
    /// <param name="reason">Why.</param>
    /// <param name="again">When.</param>
    /// <param name="most">How often it may be.</param>
    /// <param name="until">When the last attempt may begin at the latest; null where nothing limits it.</param>
    public void Retrying(int step, string reason, DateTimeOffset again, int most, DateTimeOffset? until)
    {
        var limit = until is { } latest ? $", none after {latest.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC" : "";
        var retries = _steps[step].Retries + 1;
        _steps[step] = _steps[step] with
        {
            Retries = retries,
            MostRetries = Math.Max(most, retries),
            RetriesUntil = until,
            Detail = Text.Shorten($"Retry {retries} of {Math.Max(most, retries)} at {again.UtcDateTime:HH:mm:ss} UTC{limit}: {reason}", MaxDetail),
        };
        Save();
    }

    /// <summary>Records what went wrong without making the operation fail.</summary>
    public void Warn(string warning)
    {
        var text = Text.Shorten(warning, MaxDetail);
        if (_warnings.Count < MaxWarnings && !_warnings.Contains(text))
        {
            _warnings.Add(text);
        }

        Save();
    }

    /// <exception cref="OperationException"><see cref="OperationError.Cancelled"/>: an operator has asked it to end.</exception>
    public void ThrowIfCancelled()
    {
        if (IsCancelled)
        {
            var note = _cancel.Result;
            throw new OperationException(
                OperationError.Cancelled,
                $"The operation was cancelled{(note?.By is null ? "" : $" by {note.By}")}{(note?.Comment is null ? "" : $": {note.Comment}")}.");
        }
    }

    // An engine that redelivers a lost activity by itself records no failure.
    private async Task CountRedeliveriesAsync()
    {
        while (true)
        {
            var activity = await _context.WaitForExternalEvent<string>(OperationEvents.Redelivered);
            if (_calls.FindLast(call => call.Activity == activity && call.Step >= 0) is { Activity: not null } call)
            {
                Retrying(call.Step, StepRetry.Lost, Now, StepRetry.MostLost - 1, until: null);
            }
        }
    }

    private int Begin(string name)
    {
        _steps.Add(new OperationStep { Name = name, State = OperationStepState.Running, Started = Now });
        Save();
        return _steps.Count - 1;
    }

    private void End(int step, OperationStepState state, string? detail)
    {
        _steps[step] = _steps[step] with
        {
            State = state,
            Finished = Now,
            Detail = detail is null ? null : Text.Shorten(detail, MaxDetail),
        };
        Save();
    }

    private TimeSpan Elapsed(DateTimeOffset since, TimeSpan waitedBefore) => Now - since - (_waited - waitedBefore);

    private async Task ReportAsync(OperationException? failure)
    {
        var report = new ReportInput(
            _kind, _installation, Backup?.ToString(), Size,
            failure is null ? null : Text.Shorten(OperationFailure.From(failure).ToString(), 2 * MaxDetail),
            [.. _warnings.TakeLast(MaxReported).Select(warning => Text.Shorten(warning, MaxDetail / 4))])
        {
            Started = _started,
            Duration = Elapsed(_started, TimeSpan.Zero),
            Purpose = Purpose,
            Restart = Restart,
            Drill = Drill,
            Skipped = failure?.Error == OperationError.Busy ? _skipped : null,
        };
        try
        {
            var reported = await CallAsync(ReportActivity.Call, report, Timings.Calls, onCancel: OnCancel.Ignore);
            foreach (var channel in reported.Notify ?? [])
            {
                await NotifyAsync(channel, report, failure);
            }
        }
        catch (OperationException) when (failure is not null)
        {
            // The operation's failure matters more than the report's.
        }
    }

    private async Task NotifyAsync(string channel, ReportInput report, OperationException? failure)
    {
        var end = new OperationEnd
        {
            Operation = OperationId,
            Kind = _kind,
            Outcome = failure?.Error switch
            {
                null => "completed",
                _ when report.Skipped is not null => "skipped",
                OperationError.Cancelled => "cancelled",
                _ => "failed",
            },
            Installation = _installation,
            Backup = report.Backup,
            Size = report.Size,
            Started = report.Started,
            DurationSeconds = report.Duration?.TotalSeconds,
            Error = failure?.Error,
            Failure = failure is null ? null : Text.Shorten(failure.Message, 2 * MaxDetail),
            Warnings = report.Warnings,
        };
        try
        {
            await CallAsync(NotifyActivity.Call, new NotifyInput(channel, Now, end), Notifying, onCancel: OnCancel.Ignore);
        }
        catch (OperationException e)
        {
            Warn($"Notification {channel} was not sent: {e.Message}");
        }
    }

    private void Save()
    {
        // If too long, shorten details before dropping steps.
        OperationStatus? status = null;
        foreach (var (steps, detail) in ((int Steps, int Detail)[])[(40, MaxDetail), (40, 200), (20, 100), (10, 50)])
        {
            status = new OperationStatus
            {
                Kind = _kind,
                Installation = _installation,
                Backup = Backup?.ToString(),
                Target = Target,
                Plan = Plan,
                Steps = [.. _steps.TakeLast(steps).Select(step => step with { Detail = step.Detail is { } d ? Text.Shorten(d, detail) : null })],
                Waiting = _waiting,
                Warnings = [.. _warnings.TakeLast(steps / 2).Select(warning => Text.Shorten(warning, detail))],
            };
            if (JsonSerializer.Serialize(status, StatusJson.Default.OperationStatus).Length <= MaxStatus)
            {
                break;
            }
        }

        _context.SetCustomStatus(status);
    }
}
