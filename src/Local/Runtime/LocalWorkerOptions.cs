namespace TfeBackup.Local.Runtime;

/// <summary>How a worker works. The defaults suit production.</summary>
public sealed record LocalWorkerOptions
{
    /// <summary>How many activities run at once in this worker.</summary>
    public int MaxActivities { get; init; } = 4;

    /// <summary>How often the journal is looked at for what other processes put there and for timers.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long an activity is its worker's without a sign of life. Processes that die are noticed at once by their lock file; this is for those that hang.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often progress is written down, and a fifth of how often leases are renewed.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often an activity is begun when each time its process dies over it. After that it fails: what kills the process, a lack of memory for
    /// instance, would kill it for ever.
    /// </summary>
    public int MaxStarts { get; init; } = 10;

    /// <summary>
    /// The only operation whose activities are begun; null for all. A process that is there for one operation would leave what it began of
    /// others when it ends.
    /// </summary>
    public string? Operation { get; init; }

    /// <summary>The clock of leases, apart from the operations' so that tests can jump theirs.</summary>
    public TimeProvider LeaseTime { get; init; } = TimeProvider.System;
}
