namespace DurableTask.Sqlite;

/// <summary>Counts the work items that were handed out and not given back.</summary>
internal sealed class WorkInHand
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _empty = Completed();
    private int _count;

    public void Add()
    {
        lock (_gate)
        {
            if (_count++ == 0)
            {
                _empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    public void Remove()
    {
        lock (_gate)
        {
            if (--_count == 0)
            {
                _empty.SetResult();
            }
        }
    }

    /// <summary>Waits until none is left, or until cancelled.</summary>
    public async Task WaitUntilEmptyAsync(CancellationToken cancellationToken)
    {
        Task empty;
        lock (_gate)
        {
            empty = _empty.Task;
        }

        try
        {
            await empty.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Gave up waiting.
        }
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
