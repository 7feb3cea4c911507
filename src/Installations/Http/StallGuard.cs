namespace TfeBackup.Installations.Http;

/// <summary>Ends one step of a transfer at a time when it takes longer than it may. Not for several steps at once.</summary>
internal sealed class StallGuard(TimeSpan timeout, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _source = new(Timeout.InfiniteTimeSpan, time);
    private volatile bool _callerEnded;

    /// <summary>The timeout of a step.</summary>
    public TimeSpan Limit => timeout;

    /// <summary>Cancelled when a step took too long, for what does not listen to a step's own token.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>True if a step took too long. The guard is spent then.</summary>
    public bool Expired => _source.IsCancellationRequested && !_callerEnded;

    /// <summary>Runs a step with a token that ends with the caller's or when the time is up.</summary>
    public async ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> step, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static guard => ((StallGuard)guard!).EndWithCaller(), this);
        _source.CancelAfter(timeout);
        try
        {
            return await step(_source.Token);
        }
        finally
        {
            _source.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _source.Dispose();

    private void EndWithCaller()
    {
        _callerEnded = !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
