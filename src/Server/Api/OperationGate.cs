using TfeBackup.Engine;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server.Api;

/// <summary>
/// Bounds how many backups and restores this service works on at once. Each takes connections, memory for its key and Vault's time, so one more waits
/// and any further is refused, rather than all of them failing together.
/// </summary>
internal sealed class OperationGate(ServiceSettings settings) : IDisposable
{
    private readonly SemaphoreSlim _places = new(settings.OperationsAtOnce);
    private int _waiting;

    /// <summary>Takes a place, and waits for it if need be; disposing of the result gives it back.</summary>
    /// <exception cref="ApiException">Another one waits already.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > 1 && _places.CurrentCount == 0)
            {
                throw new ApiException(
                    $"This service runs {settings.OperationsAtOnce} backups or restores at once (Installation:OperationsAtOnce), and another one is waiting already. Try again later.")
                {
                    Status = settings.BusyStatus,
                    Kind = nameof(EngineError.Busy),
                };
            }

            await _places.WaitAsync(cancellationToken);

            // The derivation of the password's key takes more memory than all the rest; what an earlier operation left would stand beside it.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            return new Place(_places);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        private SemaphoreSlim? _places = places;

        public void Dispose() => Interlocked.Exchange(ref _places, null)?.Release();
    }
}
