namespace TfeBackup.Archive.Buffers;

/// <summary>
/// Jobs that run on several cores at once and whose results are taken in the order they were started. The owner bounds how
/// many are under way by looking at <see cref="IsFull"/>, and is the only one who starts and takes.
/// </summary>
internal sealed class JobQueue<T>(int limit) : IAsyncDisposable
{
    private readonly Queue<Task<T>> _jobs = new(limit);

    public bool IsEmpty => _jobs.Count == 0;

    public bool IsFull => _jobs.Count >= limit;

    /// <summary>True if the next result is available without waiting.</summary>
    public bool IsNextDone => _jobs.TryPeek(out var next) && next.IsCompleted;

    public void Start(Func<T> job) => _jobs.Enqueue(Task.Run(job));

    /// <summary>The oldest job's result. A wait that is cancelled leaves the job in the queue.</summary>
    public async ValueTask<T> TakeAsync(CancellationToken cancellationToken)
    {
        var result = await _jobs.Peek().WaitAsync(cancellationToken);
        _ = _jobs.Dequeue();
        return result;
    }

    /// <summary>Waits until no job touches its buffers any more. Their failures interest nobody now.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_jobs.TryDequeue(out var job))
        {
            await ((Task)job).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
