using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Operations;

/// <summary>
/// How patient operations are. An operation takes them from its host once, with its plan, and keeps them: changing them does not disturb
/// operations that are under way.
/// </summary>
public sealed record OperationTimings
{
    /// <summary>For short calls: a record, a claim, a status.</summary>
    public RetryPolicy Calls { get; init; } = new(8, TimeSpan.FromSeconds(2), 2, TimeSpan.FromMinutes(1));

    /// <summary>
    /// For moving a whole backup: about twenty minutes of waiting in all. The first wait is short because after a crash the service may be busy for a
    /// moment with the request that was cut off.
    /// </summary>
    public RetryPolicy Transfers { get; init; } = new(9, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(10));

    /// <summary>How often something is asked for that is awaited.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an installation may take to become ready before a backup or a restore begins.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an operator has to approve.</summary>
    public TimeSpan ApprovalDeadline { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long an operator has to restart an application by hand.</summary>
    public TimeSpan ManualRestartDeadline { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How old data without a record must be before it is removed.</summary>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromDays(1);
}
