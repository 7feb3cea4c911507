using Microsoft.Extensions.Logging;

namespace TfeBackup.Operations;

/// <summary>Forgets operations that ended long ago, once a day. One tick at a time.</summary>
/// <param name="queries">Knows the operations.</param>
/// <param name="keepFor">The time an operation is kept after its end.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs purges.</param>
public sealed partial class OperationHistory(OperationQueries queries, TimeSpan keepFor, TimeProvider time, ILogger<OperationHistory> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    private DateTimeOffset? _last;

    /// <summary>Forgets what is old enough, unless that was done within the last day. A call that fails has done nothing for the day.</summary>
    /// <param name="current">Ids to keep however old they are: <see cref="BackupScheduler.CurrentIds"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The number of operations purged.</returns>
    public async Task<int> TickAsync(IReadOnlySet<string> current, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now - _last < Interval)
        {
            return 0;
        }

        var forgotten = await queries.PurgeAsync(now - keepFor, current, cancellationToken);
        _last = now;
        if (forgotten > 0)
        {
            Forgotten(logger, forgotten, now - keepFor);
        }

        return forgotten;
    }

    [LoggerMessage(2102, LogLevel.Information, "Purged {Count} operations that ended before {Before}.")]
    private static partial void Forgotten(ILogger logger, int count, DateTimeOffset before);
}
