namespace TfeBackup.Engine.Objects;

/// <summary>Bounds the memory of what is read ahead. One taker at a time; anybody gives back.</summary>
/// <param name="bytes">How much there is.</param>
internal sealed class ByteBudget(int bytes) : IDisposable
{
    private const int Unit = 4 << 10;

    private readonly SemaphoreSlim _units = new(bytes / Unit);
    private volatile bool _isExhausted;

    /// <summary>Whether the taker waits for others to give back.</summary>
    public bool IsExhausted => _isExhausted;

    /// <summary>Waits for room; returns what is to be given back.</summary>
    public async Task<int> TakeAsync(long length, CancellationToken cancellationToken)
    {
        int units = (int)Math.Max(1, (length + Unit - 1) / Unit);
        for (int taken = 0; taken < units; taken++)
        {
            _isExhausted = _units.CurrentCount == 0;
            await _units.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _isExhausted = false;
        return units;
    }

    /// <summary>Gives back what was taken.</summary>
    public void Return(int units) => _units.Release(units);

    public void Dispose() => _units.Dispose();
}
