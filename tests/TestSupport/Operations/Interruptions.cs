using System.Collections.Concurrent;

namespace TfeBackup.TestSupport.Operations;

/// <summary>Takes the worker away once at each activity of an operation, the first time that it comes to it.</summary>
public sealed class Interruptions(Interruptions.Moment moment, IOperationEngine engine) : IDisposable
{
    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Task> _restarts = new();

    // An engine that takes a busy worker for lost runs an activity beside another.
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>When.</summary>
    public enum Moment
    {
        /// <summary>It was given to the worker, which has not begun.</summary>
        Before,

        /// <summary>In the middle of it.</summary>
        Inside,

        /// <summary>It has done its work, and nobody has heard of it.</summary>
        After,
    }

    /// <summary>The activities at which the worker was taken away.</summary>
    public IReadOnlyCollection<string> Seen => [.. _seen.Keys];

    public async Task RunAsync(string activity, Func<Task> run, CancellationToken stopping)
    {
        if (!_seen.TryAdd(activity, true))
        {
            await run();
            return;
        }

        switch (moment)
        {
            case Moment.Before:
                Restart();
                break;
            case Moment.Inside:
                Restart();
                await run();
                break;
            default:
                await run();
                Restart();
                break;
        }

        await Task.Delay(Timeout.Infinite, stopping);
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Waits for the last worker to be there.</summary>
    public async Task SettleAsync()
    {
        while (_restarts.TryDequeue(out var restart))
        {
            await restart;
        }
    }

    private void Restart() => _restarts.Enqueue(Task.Run(async () =>
    {
        await _one.WaitAsync();
        try
        {
            await engine.ReplaceWorkerAsync();
        }
        finally
        {
            _one.Release();
        }
    }));
}
