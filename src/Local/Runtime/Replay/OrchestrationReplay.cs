using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Runtime.Replay;

/// <summary>
/// One run of an orchestration's code over its history and beyond. History is fed one entry at a time and need not fit in memory; what
/// the code asks for is compared with it in order, so code that has changed is caught at the entry where it departs.
/// </summary>
internal sealed class OrchestrationReplay
{
    private readonly IOrchestration _orchestration;
    private readonly ReplayLoop _loop;
    private readonly ReplayContext _context;
    private readonly bool _strict;
    private Task<string>? _run;
    private bool _ended;

    /// <param name="orchestration">The code.</param>
    /// <param name="instanceId">The operation's id.</param>
    /// <param name="strict">
    /// Whether inputs, due times and outputs must match the history too, and not only kinds and names. Production is lenient: a new version may
    /// add a member to an input and still finish what an old one began.
    /// </param>
    /// <param name="onForeign">
    /// Told, on whichever thread, when the code is resumed by something that does not come from its context, at this replay or long after it.
    /// </param>
    public OrchestrationReplay(IOrchestration orchestration, string instanceId, bool strict = false, Action<WorkflowException>? onForeign = null)
    {
        _orchestration = orchestration;
        _strict = strict;
        _loop = new ReplayLoop(onForeign is null ? null : () => onForeign(Foreign(Sequence)));
        _context = new ReplayContext(instanceId, _loop);
    }

    /// <summary>Whether the code has returned or failed and history has (or will have) its last entry.</summary>
    public bool Ended => _ended;

    /// <summary>The number of the last entry.</summary>
    public long Sequence { get; private set; }

    /// <summary>The time of the last entry.</summary>
    public DateTimeOffset Time { get; private set; }

    public string? Status => _context.Status;

    public IReadOnlySet<int> CancelledTimers => _context.CancelledTimers;

    /// <summary>Feeds an entry that is in the history already.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.NonDeterministic"/>: the code departs from it.</exception>
    public void Replay(HistoryEvent entry)
    {
        _context.IsReplaying = true;
        if (entry.IsAction)
        {
            CheckAction(entry);
            Advance(entry);
            return;
        }

        if (_context.Actions.TryPeek(out var unrecorded))
        {
            throw Departs(entry.Sequence, entry.Describe(), unrecorded.Describe());
        }

        Deliver(entry);
    }

    /// <summary>Feeds something new, and returns the entries to be recorded: it, then what the code asked for because of it.</summary>
    public IEnumerable<HistoryEvent> Handle(HistoryEventKind kind, DateTimeOffset now, int taskId, string name, string payload)
    {
        _context.IsReplaying = false;
        if (_context.Actions.TryPeek(out var unrecorded))
        {
            throw Departs(Sequence + 1, "nothing", unrecorded.Describe());
        }

        // Clocks step back; histories do not.
        var entry = new HistoryEvent(Sequence + 1, kind, now > Time ? now : Time, taskId, name, payload);
        Deliver(entry);
        yield return entry;
        while (_context.Actions.TryDequeue(out var action))
        {
            var recorded = action with { Sequence = Sequence + 1, Time = Time };
            Advance(recorded);
            yield return recorded;
        }
    }

    /// <summary>Ends the history with a failure that is not the code's own doing: it departed from its history.</summary>
    public HistoryEvent EndWith(WorkflowFailure failure, DateTimeOffset now)
    {
        var last = new HistoryEvent(Sequence + 1, HistoryEventKind.Failed, now > Time ? now : Time, 0, "", failure.ToString());
        Advance(last);
        return last;
    }

    /// <summary>Checks, once all of the history has been fed, that the code asks for nothing it does not hold.</summary>
    public void CheckEnd()
    {
        if (_context.Actions.TryPeek(out var unrecorded))
        {
            throw Departs(Sequence + 1, "nothing", unrecorded.Describe());
        }
    }

    private void Deliver(HistoryEvent entry)
    {
        Advance(entry);
        _context.CurrentUtc = entry.Time;
        _loop.Run(() =>
        {
            switch (entry.Kind)
            {
                case HistoryEventKind.Started:
                    _run = InvokeAsync(entry.Payload);
                    break;
                case HistoryEventKind.ActivityCompleted:
                case HistoryEventKind.TimerFired:
                    _context.Complete(entry.TaskId, entry.Payload);
                    break;
                case HistoryEventKind.ActivityFailed:
                    _context.Fail(entry.TaskId, WorkflowFailure.Parse(entry.Payload));
                    break;
                case HistoryEventKind.EventRaised:
                    _context.Raise(entry.Name, entry.Payload);
                    break;
                default:
                    throw new InvalidOperationException($"{entry.Kind} is not delivered.");
            }
        });

        if (_loop.WasEnteredFromOutside)
        {
            throw Foreign(entry.Sequence);
        }

        if (_run is { IsCompleted: true } && !_ended)
        {
            _context.Actions.Enqueue(End(_run));
            _ended = true;
        }
        else if (!_ended && !_context.IsWaiting)
        {
            throw Foreign(entry.Sequence);
        }
    }

    // Async so that what the code throws before its first await is its outcome too.
    private async Task<string> InvokeAsync(string input) => await _orchestration.RunAsync(_context, input);

    private static HistoryEvent End(Task<string> run)
    {
        try
        {
            return new HistoryEvent(0, HistoryEventKind.Completed, default, 0, "", run.GetAwaiter().GetResult());
        }
#pragma warning disable CA1031 // Whatever the code threw is the operation's outcome, and is recorded as such.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new HistoryEvent(0, HistoryEventKind.Failed, default, 0, "", WorkflowFailure.From(e).ToString());
        }
    }

    private void CheckAction(HistoryEvent recorded)
    {
        if (!_context.Actions.TryDequeue(out var asked))
        {
            throw Departs(recorded.Sequence, recorded.Describe(), "nothing");
        }

        if (asked.Kind != recorded.Kind || asked.Name != recorded.Name || asked.TaskId != recorded.TaskId)
        {
            throw Departs(recorded.Sequence, recorded.Describe(), asked.Describe());
        }

        if (_strict && asked.Payload != recorded.Payload)
        {
            throw Departs(
                recorded.Sequence, $"{recorded.Describe()} with {recorded.Payload}", $"{asked.Describe()} with {asked.Payload}");
        }
    }

    private void Advance(HistoryEvent entry)
    {
        Sequence = entry.Sequence;
        Time = entry.Time;
    }

    private WorkflowException Departs(long sequence, string history, string code) =>
        new(WorkflowError.NonDeterministic,
            $"Orchestration {_orchestration.Name} at event {sequence}: history has {history}, code asks for {code}.");

    private WorkflowException Foreign(long sequence) =>
        new(WorkflowError.NonDeterministic,
            $"Orchestration {_orchestration.Name} at event {sequence}: it awaits something that does not come from its context.");
}
