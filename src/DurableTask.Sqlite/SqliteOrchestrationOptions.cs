namespace DurableTask.Sqlite;

/// <summary>Says where orchestrations are kept and how a worker works on them. The defaults suit one machine in production.</summary>
public sealed class SqliteOrchestrationOptions
{
    /// <summary>
    /// The database file; required. It is created if missing, readable and writable by its owner only, and so is its folder. It must lie on a
    /// local disk: SQLite's write-ahead log is shared between processes through memory.
    /// </summary>
    public string Path { get; set; } = "";

    /// <summary>
    /// The time work stays locked without a heartbeat from its worker's process; at least one second. Workers give one every fifth of this
    /// (<see cref="LockRenewalInterval"/>). Where a process has died its work is taken over sooner; this is for processes that hang.
    /// </summary>
    public TimeSpan WorkItemLockTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The interval of polling the file for other processes' work and for due timers; 10 ms to 1 minute. What this
    /// process itself puts there is seen at once.
    /// </summary>
    public TimeSpan PollingInterval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The number of activities that run at once in this process.</summary>
    public int MaxConcurrentActivities { get; set; } = 4 * Environment.ProcessorCount;

    /// <summary>The number of orchestrations that run at once in this process. One that only waits does not count.</summary>
    public int MaxConcurrentOrchestrations { get; set; } = 32;

    /// <summary>
    /// The number of times an activity is started if it is abandoned each time: its process died, or it could not be started. After that it fails with error
    /// type <c>ActivityAbandoned</c>, since what ended it (a lack of memory, say) would end it for ever.
    /// </summary>
    public int MaxActivityAttempts { get; set; } = 10;

    /// <summary>
    /// The name of an event to raise to an instance whenever one of its activities is handed to another worker, because the process that ran it died or
    /// stopped. Its payload is the activity's name. Null to raise none.
    /// </summary>
    public string? RedeliveryEvent { get; set; }

    /// <summary>
    /// The time a waiting orchestration is kept in memory, so that new events are played on top of earlier ones instead of
    /// replaying its whole history. Zero to replay every time; at most <see cref="WorkItemLockTimeout"/> makes sense.
    /// </summary>
    public TimeSpan SessionIdleTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The only instances to work on, with their sub-orchestrations: an id, or a pattern as SQLite's GLOB has them (<c>*</c>, <c>?</c>, <c>[a-z]</c>); null for
    /// all. A process that is there for one instance would leave behind what it began of others when it ends.
    /// </summary>
    public string? OnlyInstances { get; set; }

    /// <summary>The interval of a worker's heartbeat: a fifth of <see cref="WorkItemLockTimeout"/>.</summary>
    public TimeSpan LockRenewalInterval => WorkItemLockTimeout / 5;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names it.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Path))
        {
            throw new ArgumentException($"{nameof(SqliteOrchestrationOptions)}.{nameof(Path)} is missing; name the database file.");
        }

        CheckRange(nameof(WorkItemLockTimeout), WorkItemLockTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        CheckRange(nameof(PollingInterval), PollingInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        CheckRange(nameof(SessionIdleTimeout), SessionIdleTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        CheckRange(nameof(MaxConcurrentActivities), MaxConcurrentActivities, 1, 10_000);
        CheckRange(nameof(MaxConcurrentOrchestrations), MaxConcurrentOrchestrations, 1, 10_000);
        CheckRange(nameof(MaxActivityAttempts), MaxActivityAttempts, 1, int.MaxValue);
    }

    private static void CheckRange<T>(string name, T value, T least, T most)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            throw new ArgumentException($"{nameof(SqliteOrchestrationOptions)}.{name} is {value}; expected {least} to {most}.");
        }
    }
}
