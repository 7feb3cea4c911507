using System.Runtime.ExceptionServices;

namespace TfeBackup.Engine.Objects.FileSystem;

/// <summary>Does small pieces of blocking work, some at a time, beside whoever hands them in. The first failure is thrown at a later call.</summary>
/// <param name="most">How many at a time.</param>
internal sealed class SideBySide(int most) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(most);
    private volatile ExceptionDispatchInfo? _failure;

    /// <summary>Begins a piece of work, as soon as there is a place for it.</summary>
    public async ValueTask StartAsync(Action work, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        if (_failure is { } failure)
        {
            _slots.Release();
            failure.Throw();
        }

        _ = Task.Run(
            () =>
            {
                try
                {
                    work();
                }
                catch (Exception e)
                {
                    _failure ??= ExceptionDispatchInfo.Capture(e);
                }
                finally
                {
                    _slots.Release();
                }
            },
            CancellationToken.None);
    }

    /// <summary>Waits until nothing is under way any more.</summary>
    public async Task WaitAsync()
    {
        for (var i = 0; i < most; i++)
        {
            await _slots.WaitAsync();
        }

        _slots.Release(most);
    }

    /// <summary>Waits for all of it, and throws if a piece has failed.</summary>
    public async Task FinishAsync()
    {
        await WaitAsync();
        _failure?.Throw();
    }

    public void Dispose() => _slots.Dispose();
}
