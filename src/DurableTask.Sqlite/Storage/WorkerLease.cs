using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite.Storage;

/// <summary>
/// One process's right to the work it has locked. It shows at intervals that it lives, which keeps all its locks at once, and takes the locks
/// of workers that have died or have not shown it for too long.
/// </summary>
internal sealed class WorkerLease : IAsyncDisposable
{
    private static readonly TimeSpan LongestWatch = TimeSpan.FromSeconds(1);

    private readonly Database _database;
    private readonly SqliteOrchestrationOptions _options;
    private readonly ILogger _logger;
    private readonly Action _onFreed;
    private readonly WorkerFile _file;
    private readonly CancellationTokenSource _ended = new();
    private Task _heart = Task.CompletedTask;

    private WorkerLease(Database database, SqliteOrchestrationOptions options, ILogger logger, Action onFreed)
    {
        _database = database;
        _options = options;
        _logger = logger;
        _onFreed = onFreed;
        _file = new WorkerFile(database.Path + "-workers", Id);
    }

    /// <summary>Whom locks are in the name of.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Begins to be a worker, and calls <paramref name="onFreed"/> whenever there is work that somebody else has lost.</summary>
    public static async Task<WorkerLease> TakeAsync(Database database, SqliteOrchestrationOptions options, ILogger logger, Action onFreed)
    {
        database.Open();
        var lease = new WorkerLease(database, options, logger, onFreed);
        await database.WriteAsync(connection => Workers.Renew(connection, lease.Id, lease.Expiry()), CancellationToken.None);
        lease._heart = Task.Run(lease.BeatAsync);
        return lease;
    }

    /// <summary>Lets go of everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _heart;
        try
        {
            await _database.WriteAsync(connection => Workers.Leave(connection, Id), CancellationToken.None);
        }
        catch (SqliteException e)
        {
            _logger.DatabaseFails(_database.Path, e);
        }

        _file.Dispose();
        _ended.Dispose();
    }

    private DateTime Expiry() => DateTime.UtcNow + _options.WorkItemLockTimeout;

    private async Task BeatAsync()
    {
        var watch = _options.LockRenewalInterval < LongestWatch ? _options.LockRenewalInterval : LongestWatch;
        var renewed = DateTime.UtcNow;
        using var timer = new PeriodicTimer(watch);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                try
                {
                    if (DateTime.UtcNow - renewed >= _options.LockRenewalInterval || DateTime.UtcNow < renewed)
                    {
                        await RenewAsync();
                        renewed = DateTime.UtcNow;
                    }

                    await TakeOverAsync();
                }
                catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
                {
                    // Retried at the next tick. If it keeps failing, others take this worker for dead and its results are dropped.
                    _logger.DatabaseFails(_database.Path, e);
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private async Task RenewAsync()
    {
        if (!await _database.WriteAsync(connection => Workers.Renew(connection, Id, Expiry()), _ended.Token))
        {
            _logger.LeaseLost(_database.Path, _options.WorkItemLockTimeout.TotalSeconds);
        }
    }

    private async Task TakeOverAsync()
    {
        foreach (var (worker, expires) in _database.Read(Workers.List))
        {
            if (worker != Id && (expires < DateTime.UtcNow || _file.IsDead(worker))
                && await _database.WriteAsync(connection => Workers.Remove(connection, worker, expires), _ended.Token))
            {
                _logger.TookOver(worker);
                _onFreed();
            }
        }
    }
}
