using Microsoft.Extensions.Logging;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Operations;

namespace TfeBackup.Workflows.Scheduling;

/// <summary>
/// Starts the backups that are due. It remembers nothing: at every tick it asks which due time was the last, and starts the operation of that name, which does
/// nothing where it has been started before, by this process or another. So of several ticks that were missed, the last is made up for, once; and an
/// installation that is new here, or has a new schedule, gets the backup that would have been the last.
/// </summary>
public sealed partial class BackupScheduler(
    IReadOnlyCollection<InstallationDefinition> installations, OperationService operations, TimeProvider time, ILogger<BackupScheduler> logger)
{
    // Clocks are set, machines sleep: no wait is longer than this.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Starts what is due now.</summary>
    /// <returns>The ids of the operations that this call started.</returns>
    public async Task<IReadOnlyList<string>> TickAsync(CancellationToken cancellationToken)
    {
        var started = new List<string>();
        foreach (var installation in installations)
        {
            if (installation.Schedule?.LastAtOrBefore(time.GetUtcNow()) is { } due)
            {
                var (id, isNew) = await operations.StartScheduledBackupAsync(installation.Name, due, cancellationToken);
                if (isNew)
                {
                    Started(logger, id, due);
                    started.Add(id);
                }
            }
        }

        return started;
    }

    /// <summary>The operations that are or were the last due: never to be forgotten, or they would be started again.</summary>
    public IReadOnlySet<string> CurrentIds() =>
        installations
            .Select(installation => installation.Schedule?.LastAtOrBefore(time.GetUtcNow()) is { } due ? OperationIds.ScheduledBackup(installation.Name, due) : null)
            .OfType<string>()
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>When the next backup is due, of whichever installation; null where none has a schedule.</summary>
    public DateTimeOffset? NextDue()
    {
        var now = time.GetUtcNow();
        return installations.Select(installation => installation.Schedule?.NextAfter(now)).Min();
    }

    /// <summary>Ticks until it is told to stop.</summary>
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
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    [LoggerMessage(2101, LogLevel.Information, "Started {Operation}, due at {Due}.")]
    private static partial void Started(ILogger logger, string operation, DateTimeOffset due);
}
