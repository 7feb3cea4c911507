namespace TfeBackup.Local.Runtime;

/// <summary>What an entry of an operation's history says. The numbers are stored: never reused.</summary>
public enum HistoryEventKind
{
    /// <summary>It was started; the payload is its input, the name its orchestration's.</summary>
    Started = 1,

    /// <summary>The code asked for an activity; the payload is its input.</summary>
    ActivityScheduled = 2,

    /// <summary>An activity returned; the payload is its output.</summary>
    ActivityCompleted = 3,

    /// <summary>An activity failed; the payload is <see cref="Workflows.Orchestrations.WorkflowFailure"/> as text.</summary>
    ActivityFailed = 4,

    /// <summary>The code asked for a timer; the payload is when it is due.</summary>
    TimerCreated = 5,

    /// <summary>A timer came due.</summary>
    TimerFired = 6,

    /// <summary>Somebody raised an event; the payload is what came with it.</summary>
    EventRaised = 7,

    /// <summary>The code returned; the payload is its output.</summary>
    Completed = 8,

    /// <summary>The code failed; the payload is <see cref="Workflows.Orchestrations.WorkflowFailure"/> as text.</summary>
    Failed = 9,
}
