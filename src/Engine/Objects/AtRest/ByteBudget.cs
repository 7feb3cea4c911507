namespace TfeBackup.Engine.Objects.AtRest;

/// <summary>Bounds the memory of read-ahead. One taker at a time; any thread may give back.</summary>
/// <param name="bytes">The size of the budget.</param>
internal sealed class ByteBudget(int bytes) : IDisposable
{
    private const int Unit = 4 << 10;

    private readonly SemaphoreSlim _units = new(bytes / Unit);
    private volatile bool _isExhausted;

    /// <summary>Whether the taker waits for others to give back.</summary>
    public bool IsExhausted => _isExhausted;

    /// <summary>Waits for room; returns the bytes to give back.</summary>
    public async Task<int> TakeAsync(long length, CancellationToken cancellationToken)
    {
        var units = (int)Math.Max(1, (length + Unit - 1) / Unit);
        for (var taken = 0; taken < units; taken++)
        {
            _isExhausted = _units.CurrentCount == 0;
            await _units.WaitAsync(cancellationToken);
        }

        _isExhausted = false;
        return units;
    }

    /// <summary>Gives back bytes that were taken.</summary>
    public void Return(int units) => _units.Release(units);

    public void Dispose() => _units.Dispose();
}
