using System.Text.Json.Serialization;

namespace TfeBackup.Operations.Model;

/// <summary>
/// The timeouts and intervals of operations. An operation takes them from its host once, with its plan, and keeps them: changing them does not disturb
/// operations that are under way.
/// </summary>
public sealed record OperationTimings
{
    /// <summary>For short calls: a record, a claim, a status.</summary>
    public RetryTimes Calls { get; init; } = new(8, TimeSpan.FromSeconds(2), 2, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15));

    /// <summary>
    /// For moving a whole backup: about twenty minutes of waiting in all. The first wait is short because after a crash the service may be busy for a
    /// moment with the request that was cut off.
    /// </summary>
    public RetryTimes Transfers { get; init; } = new(9, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(10), TimeSpan.FromHours(6));

    /// <summary>What scheduled backups have instead; null for the same.</summary>
    public ScheduledTimings? Scheduled { get; init; } = new(TimeSpan.FromHours(1), 24, TimeSpan.FromHours(12));

    /// <summary>The polling interval.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The time an installation may take to become ready before a backup or a restore begins.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The time an operator has to approve.</summary>
    public TimeSpan ApprovalDeadline { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The time an operator has to restart an application by hand.</summary>
    public TimeSpan ManualRestartDeadline { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The minimum age of data without a record before it is removed.</summary>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// The interval at which a running activity checks that its operation still runs: Durable Task does not tell. It belongs to the host and not to the
    /// operation, so no plan keeps it, and the document does not configure it.
    /// </summary>
    [JsonIgnore]
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the timings of a scheduled operation.</summary>
    public OperationTimings ForScheduled() => Scheduled is null
        ? this
        : this with { ReadyTimeout = Scheduled.ReadyTimeout, Transfers = Transfers with { MaxAttempts = Scheduled.Attempts, Timeout = Scheduled.Timeout } };
}
