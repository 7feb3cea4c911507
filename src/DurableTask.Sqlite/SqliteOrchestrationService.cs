using System.Collections.Concurrent;
using System.Diagnostics;
using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.Query;
using DurableTask.Sqlite.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SQLitePCL;

namespace DurableTask.Sqlite;

/// <summary>
/// Keeps orchestrations in an SQLite file and hands out the work on them. Any number of processes of one machine use one file at once, as
/// workers, clients or both.
/// </summary>
/// <remarks>
/// Activities run at least once. What an orchestrator decides is committed in one transaction, and only by the worker that holds the instance's
/// lock; a process may be killed at any point and leaves all of a step or none. Entities are not supported. Instances are thread-safe.
/// </remarks>
public sealed partial class SqliteOrchestrationService
    : IOrchestrationService, IOrchestrationServiceClient, IOrchestrationServiceQueryClient, IOrchestrationServicePurgeClient, IAsyncDisposable
{
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Database _database;
    private readonly ILogger _logger;
    private readonly Signal _instancesReady = new();
    private readonly Signal _activitiesReady = new();
    private readonly Signal _stateChanged = new();
    private readonly ConcurrentDictionary<string, Signal> _sessions = new(StringComparer.Ordinal);
    private readonly WorkInHand _inHand = new();
    private CancellationTokenSource _stopped = new();
    private WorkerLease? _lease;

    /// <summary>Creates a service; the file is opened or created when first needed.</summary>
    /// <exception cref="ArgumentException">An option is missing or out of range.</exception>
    public SqliteOrchestrationService(SqliteOrchestrationOptions options, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("DurableTask.Sqlite");
        _database = new Database(Path.GetFullPath(options.Path));
    }

    /// <inheritdoc/>
    public int TaskOrchestrationDispatcherCount => 1;

    /// <inheritdoc/>
    public int TaskActivityDispatcherCount => 1;

    /// <inheritdoc/>
    public int MaxConcurrentTaskOrchestrationWorkItems => Options.MaxConcurrentOrchestrations;

    /// <inheritdoc/>
    public int MaxConcurrentTaskActivityWorkItems => Options.MaxConcurrentActivities;

    /// <inheritdoc/>
    public BehaviorOnContinueAsNew EventBehaviourForContinueAsNew => BehaviorOnContinueAsNew.Carryover;

    /// <summary>The options in force; a worker's replace those of a client that shares the service.</summary>
    internal SqliteOrchestrationOptions Options { get; set; }

    /// <summary>Cancelled when the host stops: from then on a failure of an activity says nothing about its work.</summary>
    internal CancellationToken HostStopping { get; set; }

    /// <summary>The only orchestrators and activities to work on, each as a JSON array; null for all.</summary>
    internal string? OrchestratorNames { get; set; }

    /// <inheritdoc cref="OrchestratorNames"/>
    internal string? ActivityNames { get; set; }

    private WorkFilter OrchestrationFilter => new(OrchestratorNames, Options.OnlyInstances);

    private WorkFilter ActivityFilter => new(ActivityNames, Options.OnlyInstances);

    private string Worker => _lease?.Id
        ?? throw new SessionAbortedException($"This process is not a worker of {_database.Path}: it has not been started, or has stopped. Its result is dropped.");

    private bool IsStopping => _stopped.IsCancellationRequested || HostStopping.IsCancellationRequested;

    /// <summary>Begins to be a worker. A service that is only a client need not be started.</summary>
    /// <exception cref="SqliteOrchestrationException">The file cannot be used.</exception>
    public async Task StartAsync()
    {
        if (_lease is not null)
        {
            return;
        }

        _stopped.Dispose();
        _stopped = new CancellationTokenSource();
        _lease = await WorkerLease.TakeAsync(_database, Options, _logger, () =>
        {
            _instancesReady.Set();
            _activitiesReady.Set();
        });
    }

    /// <inheritdoc cref="StopAsync(bool)"/>
    public Task StopAsync() => StopAsync(isForced: false);

    /// <summary>Hands out no more work. Work in hand stays locked until <see cref="DisposeAsync"/> or <see cref="DrainAsync"/>.</summary>
    public async Task StopAsync(bool isForced)
    {
        await _stopped.CancelAsync();
        if (!isForced)
        {
            await LeaveAsync();
        }
    }

    /// <summary>Stops being a worker, once what is in hand has been finished or the caller will not wait any longer; the rest is given up.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _stopped.CancelAsync();
        await _inHand.WaitUntilEmptyAsync(cancellationToken);
        await LeaveAsync();
    }

    /// <summary>Creates the file and its tables if missing.</summary>
    public Task CreateIfNotExistsAsync()
    {
        _database.Open();
        return Task.CompletedTask;
    }

    /// <inheritdoc cref="CreateIfNotExistsAsync"/>
    public Task CreateAsync() => CreateAsync(recreateInstanceStore: false);

    /// <summary>Creates the file and its tables if missing.</summary>
    /// <param name="recreateInstanceStore">True to remove every existing instance first.</param>
    public Task CreateAsync(bool recreateInstanceStore) => recreateInstanceStore ? DeleteAsync() : CreateIfNotExistsAsync();

    /// <inheritdoc cref="DeleteAsync(bool)"/>
    public Task DeleteAsync() => DeleteAsync(deleteInstanceStore: true);

    /// <summary>Removes every instance, running or ended. The file stays; other processes may have it open.</summary>
    public async Task DeleteAsync(bool deleteInstanceStore)
    {
        if (deleteInstanceStore)
        {
            await _database.WriteAsync(
                connection => connection.Execute("DELETE FROM instance; DELETE FROM history; DELETE FROM message; DELETE FROM task"), CancellationToken.None);
            await _database.ShrinkAsync(CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public bool IsMaxMessageCountExceeded(int currentMessageCount, OrchestrationRuntimeState runtimeState) => false;

    /// <summary>A failed item is retried by itself with growing delays; the rest need not wait for it.</summary>
    public int GetDelayInSecondsAfterOnProcessException(Exception exception) => 0;

    /// <inheritdoc/>
    public int GetDelayInSecondsAfterOnFetchException(Exception exception) => exception is OperationCanceledException ? 0 : 1;

    /// <summary>Gives up what is in hand and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await LeaveAsync();
        _database.Dispose();
        _stopped.Dispose();
    }

    private async Task LeaveAsync()
    {
        if (Interlocked.Exchange(ref _lease, null) is { } lease)
        {
            await lease.DisposeAsync();
        }
    }

    private async Task<T?> PollAsync<T>(Signal signal, Func<Task<T?>> take, TimeSpan timeout, CancellationToken cancellationToken)
        where T : class
    {
        var watch = Stopwatch.StartNew();
        while (!cancellationToken.IsCancellationRequested && watch.Elapsed < timeout)
        {
            var next = signal.Next;
            if (!IsStopping && await take() is { } item)
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    // Nobody will take it any more; it is released with the lease.
                    break;
                }

                _inHand.Add();
                return item;
            }

            await WaitAsync(next, Options.PollingInterval, cancellationToken);
        }

        return null;
    }

    private static async Task WaitAsync(Task signal, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(signal, Task.Delay(atMost, stop.Token));

        // Cancels the delay.
        await stop.CancelAsync();
    }

    /// <summary>Writes what records work that has been done: tries again while the file cannot be written.</summary>
    private async Task<T> RecordAsync<T>(Func<SqliteConnection, T> write)
    {
        while (true)
        {
            try
            {
                return await _database.WriteAsync(write, CancellationToken.None);
            }
            catch (SqliteException e) when (IsPassing(e) && !_stopped.IsCancellationRequested)
            {
                _logger.DatabaseFails(_database.Path, e);

                // Ends early on a successful write or a stop.
                await WaitAsync(_stateChanged.Next, RetryInterval, _stopped.Token);
            }
        }
    }

    private static bool IsPassing(SqliteException e) => e.SqliteErrorCode
        is raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_READONLY or raw.SQLITE_IOERR or raw.SQLITE_FULL or raw.SQLITE_CANTOPEN;

    private static TimeSpan Backoff(int attempts)
    {
        var delay = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(attempts, 10) - 1));
        return delay < LongestBackoff ? delay : LongestBackoff;
    }
}
