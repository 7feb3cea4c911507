using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Runtime;

/// <summary>
/// Runs the operations of a journal: orchestrations by replay, activities at least once. Any number of workers, in any number of processes,
/// share a journal. A worker runs only what it knows by name; the rest waits for one that does.
/// </summary>
public sealed class LocalWorkflowWorker
{
    private readonly Journal _journal;
    private readonly LocalWorkerOptions _options;
    private readonly ILogger _logger;
    private readonly OrchestrationMover _mover;
    private readonly Dictionary<string, IActivity> _activities;
    private readonly ConcurrentDictionary<(string Instance, int Task), (RunningActivity Activity, Task Run)> _running = new();

    /// <summary>Creates a worker; it does nothing before <see cref="RunAsync(CancellationToken)"/>.</summary>
    public LocalWorkflowWorker(
        Journal journal,
        IEnumerable<IOrchestration> orchestrations,
        IEnumerable<IActivity> activities,
        LocalWorkerOptions options,
        ILogger<LocalWorkflowWorker> logger)
    {
        _journal = journal;
        _options = options;
        _logger = logger;
        _mover = new OrchestrationMover(journal, orchestrations.ToDictionary(o => o.Name, StringComparer.Ordinal));
        _activities = activities.ToDictionary(a => a.Name, StringComparer.Ordinal);
    }

    /// <summary>
    /// Runs operations until told to stop. Then running activities are cancelled and put back, which takes as long as they take
    /// to notice; the next worker begins them again.
    /// </summary>
    /// <exception cref="OperationCanceledException">Never for <paramref name="stopping"/>: that is the normal end.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        // Off the caller's thread: replays are synchronous.
        await Task.Run(() => LoopAsync(stopping), CancellationToken.None);
    }

    private async Task LoopAsync(CancellationToken stopping)
    {
        using var worker = new WorkerLock(_journal.WorkersFolder);
        using var wake = new SemaphoreSlim(0);
        using var activities = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var ended = new CancellationTokenSource();
        var queue = new ActivityQueue(_journal, worker, _options);
        var heart = BeatAsync(queue, ended.Token);
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                if (!Work(queue, wake, activities.Token))
                {
                    await WaitAsync(wake, stopping);
                }
            }
        }
        finally
        {
            await activities.CancelAsync();
            await Task.WhenAll(_running.Values.Select(running => running.Run));
            await ended.CancelAsync();
            await heart;
        }
    }

    private bool Work(ActivityQueue queue, SemaphoreSlim wake, CancellationToken stopping)
    {
        try
        {
            return _mover.MoveAll(stopping) | Begin(queue, wake, stopping);
        }
        catch (SqliteException e)
        {
            _logger.JournalFails(_journal.Path, e);
            return false;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task WaitAsync(SemaphoreSlim wake, CancellationToken stopping)
    {
        try
        {
            _ = await wake.WaitAsync(_options.PollInterval, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The loop's condition ends it.
        }
    }

    private bool Begin(ActivityQueue queue, SemaphoreSlim wake, CancellationToken stopping)
    {
        var begun = false;
        while (_running.Count < _options.MaxActivities
            && !stopping.IsCancellationRequested
            && queue.TryBegin(_activities.Keys, _running.Keys.ToHashSet()) is { } lease)
        {
            begun = true;
            if (lease.Starts > _options.MaxStarts)
            {
                queue.End(lease, HistoryEventKind.ActivityFailed, new WorkflowFailure(
                    WorkflowError.Internal,
                    $"Activity {lease.Name} was begun {_options.MaxStarts} times and each time the process that ran it died; look for what killed it (memory, a supervisor, the machine).").ToString());
                continue;
            }

            var activity = new RunningActivity(lease, stopping) { Renewed = _options.LeaseTime.GetTimestamp() };
            var start = new TaskCompletionSource();
            var run = Task.Run(
                async () =>
                {
                    await start.Task;
                    await RunAsync(queue, activity, stopping);
                    _running.TryRemove((lease.Instance, lease.Task), out _);
                    activity.Dispose();
                    wake.Release();
                },
                CancellationToken.None);

            // Listed before it runs, so that it cannot end before it is listed.
            _running[(lease.Instance, lease.Task)] = (activity, run);
            start.SetResult();
        }

        return begun;
    }

    private async Task RunAsync(ActivityQueue queue, RunningActivity running, CancellationToken stopping)
    {
        var lease = running.Lease;
        if (lease.Starts == 1)
        {
            _logger.ActivityBegins(lease.Name, lease.Instance, lease.Starts);
        }
        else
        {
            _logger.ActivityBeginsAgain(lease.Name, lease.Instance, lease.Starts);
        }

        HistoryEventKind kind;
        string payload;
        try
        {
            payload = await _activities[lease.Name].RunAsync(running, lease.Input, running.CancellationToken);
            kind = HistoryEventKind.ActivityCompleted;
            _logger.ActivityReturned(lease.Name, lease.Instance);
        }
#pragma warning disable CA1031 // Whatever the activity threw is its outcome, and is recorded as such.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (running.CancellationToken.IsCancellationRequested)
            {
                // What a stopped activity throws says nothing about its work.
                _logger.ActivityStopped(lease.Name, lease.Instance);
                await WriteAsync(() => queue.Release(lease), stopping);
                return;
            }

            kind = HistoryEventKind.ActivityFailed;
            payload = WorkflowFailure.From(e).ToString();
            _logger.ActivityFailed(lease.Name, lease.Instance, payload);
        }

        await WriteAsync(
            () =>
            {
                if (!queue.End(lease, kind, payload))
                {
                    _logger.ActivityLost(lease.Name, lease.Instance);
                }
            },
            stopping);
    }

    /// <summary>Writes to the journal, and tries again while it cannot be written: the work it records has been done.</summary>
    private async Task WriteAsync(Action write, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                write();
                return;
            }
            catch (SqliteException e)
            {
                _logger.JournalFails(_journal.Path, e);
                if (stopping.IsCancellationRequested)
                {
                    return;
                }
            }

            await Task.Delay(_options.PollInterval, CancellationToken.None);
        }
    }

    /// <summary>Renews leases and writes progress down, until nothing runs any more.</summary>
    private async Task BeatAsync(ActivityQueue queue, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(_options.Heartbeat);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                foreach (var (activity, _) in _running.Values)
                {
                    Beat(queue, activity);
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Everything has ended.
        }
    }

    private void Beat(ActivityQueue queue, RunningActivity running)
    {
        var progress = running.Progress;
        var sinceRenewal = _options.LeaseTime.GetElapsedTime(running.Renewed);
        if (progress == running.Written && sinceRenewal < _options.Heartbeat * 5)
        {
            return;
        }

        try
        {
            var now = _options.LeaseTime.GetTimestamp();
            if (queue.Renew(running.Lease, progress))
            {
                running.Renewed = now;
                running.Written = progress;
                return;
            }
        }
        catch (SqliteException e)
        {
            _logger.JournalFails(_journal.Path, e);
            if (sinceRenewal < _options.Lease)
            {
                return;
            }
        }

        // Taken over, its operation ended, or the lease ran out unrenewed: two must not run it for longer than can be helped.
        running.Stop();
    }
}
