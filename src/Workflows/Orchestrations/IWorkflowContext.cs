namespace TfeBackup.Workflows.Orchestrations;

/// <summary>
/// What a host gives an orchestration. An orchestration is deterministic code: everything it learns it learns from here, so that
/// the host can run it again from its recorded history, after a crash or on another machine, and arrive at the same point.
/// </summary>
/// <remarks>
/// The rules for orchestrations: no clock, randomness, I/O or configuration but through this interface; no threads, no
/// <c>Task.Run</c>, <c>Task.Delay</c> or <c>ConfigureAwait(false)</c>; await only tasks that come from here, or combinations of them (<c>Task.WhenAny</c>);
/// cancel with <c>Cancel()</c>, since <c>CancelAsync()</c> goes on on a thread of its own.
/// Hosts throw <see cref="WorkflowError.NonDeterministic"/> when the code asks for something else than the history holds.
/// Calls on this interface come from one thread at a time.
/// </remarks>
public interface IWorkflowContext
{
    /// <summary>The operation's id, as it was started with.</summary>
    string InstanceId { get; }

    /// <summary>The time of the event being handled: the same in every replay.</summary>
    DateTimeOffset CurrentUtc { get; }

    /// <summary>Whether the code is being run again over history it has already seen; log only when it is not.</summary>
    bool IsReplaying { get; }

    /// <summary>
    /// Runs an activity, at least once: after a crash it may run again although it had done its work. Retries are up to the
    /// orchestration: <see cref="WorkflowContextExtensions"/>.
    /// </summary>
    /// <param name="name">The activity's <see cref="IActivity.Name"/>.</param>
    /// <param name="input">JSON, at most 45 KB; never a secret.</param>
    /// <returns>The activity's output: JSON.</returns>
    /// <exception cref="WorkflowException">What the activity threw, by category and message.</exception>
    Task<string> CallActivityAsync(string name, string input);

    /// <summary>Completes at a time, or soon after; at once if that has passed. Survives restarts of the host.</summary>
    /// <param name="due">When.</param>
    /// <param name="cancellationToken">
    /// Cancelled (by the orchestration's own deterministic code) when the timer is no longer of interest; the task is then cancelled.
    /// </param>
    Task CreateTimerAsync(DateTimeOffset due, CancellationToken cancellationToken);

    /// <summary>
    /// Waits for an event by name. Events that arrive before anybody waits are kept, in order; each completes one wait, the oldest wait
    /// first.
    /// </summary>
    /// <param name="name">The event's name; case does not matter.</param>
    /// <param name="cancellationToken">As for timers.</param>
    /// <returns>The event's JSON.</returns>
    Task<string> WaitForEventAsync(string name, CancellationToken cancellationToken);

    /// <summary>Replaces the operation's status, which anybody can query: JSON, at most 16 KB of UTF-16.</summary>
    void SetStatus(string json);

    /// <summary>A new identifier, the same in every replay.</summary>
    Guid NewGuid();
}
