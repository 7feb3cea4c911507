namespace TfeBackup.Local.Runtime;

/// <summary>One entry of an operation's history, which is everything that a replay needs.</summary>
/// <param name="Sequence">Its number, from 1, without gaps.</param>
/// <param name="Kind">What it says.</param>
/// <param name="Time">When it was recorded (UTC); never before the entry before it.</param>
/// <param name="TaskId">The number of the activity or timer, in the order the code asked for them; 0 otherwise.</param>
/// <param name="Name">The orchestration's, activity's or event's name; empty otherwise.</param>
/// <param name="Payload">As <see cref="HistoryEventKind"/> says; empty otherwise.</param>
public sealed record HistoryEvent(
    long Sequence, HistoryEventKind Kind, DateTimeOffset Time, int TaskId, string Name, string Payload)
{
    /// <summary>Whether the code caused it, rather than being told of it.</summary>
    public bool IsAction => Kind is HistoryEventKind.ActivityScheduled or HistoryEventKind.TimerCreated
        or HistoryEventKind.Completed or HistoryEventKind.Failed;

    /// <summary>In the words of a message: "activity StreamBackup", "a timer".</summary>
    public string Describe() => Kind switch
    {
        HistoryEventKind.Started => $"the start of {Name}",
        HistoryEventKind.ActivityScheduled => $"activity {Name}",
        HistoryEventKind.ActivityCompleted => $"the end of activity {TaskId}",
        HistoryEventKind.ActivityFailed => $"the failure of activity {TaskId}",
        HistoryEventKind.TimerCreated => "a timer",
        HistoryEventKind.TimerFired => $"timer {TaskId} coming due",
        HistoryEventKind.EventRaised => $"event {Name}",
        HistoryEventKind.Completed => "the end",
        _ => "failure",
    };
}
