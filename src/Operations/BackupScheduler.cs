using Microsoft.Extensions.Logging;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations;

/// <summary>
/// Starts the backups, retentions and drills that are due. It remembers nothing: at every tick it asks which due time was the last, and starts the operation of
/// that name, which does nothing where it has been started before, by this process or another. So of several ticks that were missed, the last is made up
/// for, once; and an installation that is new here, or has a new schedule, gets the backup that would have been the last. An operation that finds its
/// installation taken ends as skipped, and says by which; one that is made up for waits instead, until it would be due again.
/// </summary>
public sealed partial class BackupScheduler(
    IReadOnlyCollection<InstallationDefinition> installations, OperationService operations, TimeProvider time, ILogger<BackupScheduler> logger)
{
    // The longest wait at once, since clocks are set and machines sleep.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    // Hosts tick at least once a minute.
    private static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(2);

    private long _lastTick;

    /// <summary>The longest time between two ticks of <see cref="RunAsync"/>, when nothing hinders them.</summary>
    public static TimeSpan TickInterval => LongestWait;

    /// <summary>When the last tick succeeded (UTC); null before the first. Any thread may ask.</summary>
    public DateTimeOffset? LastTick => Interlocked.Read(ref _lastTick) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Starts what is due now. Late, doubled and concurrent calls start it once.</summary>
    /// <returns>The ids of the operations that this call started.</returns>
    public async Task<IReadOnlyList<string>> TickAsync(CancellationToken cancellationToken)
    {
        var started = new List<string>();
        var now = time.GetUtcNow();
        foreach (var (kind, installation, due, schedule) in LastDue())
        {
            // Otherwise all but one of what was due while nothing ran would be skipped.
            var waitUntil = now - due > LateAfter ? (DateTimeOffset?)schedule.NextAfter(now) : null;
            var (id, isNew) = await operations.StartScheduledAsync(kind, installation, due, cancellationToken, waitUntil);
            if (isNew)
            {
                Started(logger, id, due);
                started.Add(id);
            }
        }

        Interlocked.Exchange(ref _lastTick, time.GetUtcNow().Ticks);
        return started;
    }

    /// <summary>The operations that are or were the last due: never to be forgotten, or they would be started again.</summary>
    public IReadOnlySet<string> CurrentIds() =>
        LastDue().Select(last => OperationIds.Scheduled(last.Kind, last.Installation, last.Due)).ToHashSet(StringComparer.Ordinal);

    /// <summary>When something is due next, of whichever installation; null where none has a schedule.</summary>
    public DateTimeOffset? NextDue()
    {
        var now = time.GetUtcNow();
        return Schedules().Min(scheduled => (DateTimeOffset?)scheduled.Schedule.NextAfter(now));
    }

    /// <summary>Ticks until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await TickAsync(stopping);
                var wait = NextDue() - time.GetUtcNow() is { } next && next < LongestWait ? next : LongestWait;
                await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, stopping);
            }
        }
        catch (Exception e) when (HubCancellation.Is(e) && stopping.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    // Backups first: of operations due at once only the first gets the installation, and a backup must not be skipped.
    private IEnumerable<(OperationKind Kind, string Installation, BackupSchedule Schedule)> Schedules() =>
        from kind in (OperationKind[])[OperationKind.Backup, OperationKind.Drill, OperationKind.Retention]
        from installation in installations
        let schedule = kind switch
        {
            OperationKind.Backup => installation.Schedule,
            OperationKind.Drill => installation.Drill?.Schedule,
            _ => installation.RetentionSchedule,
        }
        where schedule is not null
        select (kind, installation.Name, schedule);

    private IEnumerable<(OperationKind Kind, string Installation, DateTimeOffset Due, BackupSchedule Schedule)> LastDue()
    {
        var now = time.GetUtcNow();
        foreach (var (kind, installation, schedule) in Schedules())
        {
            if (schedule.LastAtOrBefore(now) is { } due)
            {
                yield return (kind, installation, due, schedule);
            }
        }
    }

    [LoggerMessage(2101, LogLevel.Information, "Started {Operation}, due at {Due:u}.")]
    private static partial void Started(ILogger logger, string operation, DateTimeOffset due);
}
