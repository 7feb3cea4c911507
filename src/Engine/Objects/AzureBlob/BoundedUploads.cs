namespace TfeBackup.Engine.Objects.AzureBlob;

/// <summary>
/// Runs small uploads in the background, a bounded number at a time. The first failure shows at the next call, and no upload
/// begins after it.
/// </summary>
/// <param name="concurrency">The number that run at once.</param>
internal sealed class BoundedUploads(int concurrency) : IAsyncDisposable
{
    private readonly SemaphoreSlim _slots = new(concurrency);
    private Exception? _failure;

    /// <summary>Starts an upload once there is room for it.</summary>
    public async Task StartAsync(Func<Task> upload, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        if (_failure is not null)
        {
            _slots.Release();
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        }

        _ = RunAsync(upload);
    }

    /// <summary>Waits for all to complete.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var taken = 0;
        try
        {
            for (; taken < concurrency; taken++)
            {
                await _slots.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            if (taken > 0)
            {
                _slots.Release(taken);
            }
        }

        if (_failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        }
    }

    /// <summary>
    /// Waits for those that run. They are not broken off: the service may carry out what it was asked after nobody waits for
    /// the answer any more, and put back what was discarded meanwhile.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < concurrency; i++)
        {
            await _slots.WaitAsync();
        }

        _slots.Dispose();
    }

    private async Task RunAsync(Func<Task> upload)
    {
        try
        {
            await upload();
        }
        catch (Exception e)
        {
            // Kept for whoever asks next.
            Interlocked.CompareExchange(ref _failure, e, null);
        }
        finally
        {
            _slots.Release();
        }
    }
}
