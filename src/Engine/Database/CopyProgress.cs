namespace TfeBackup.Engine.Database;

/// <summary>The progress of the statements that read one table, over all workers.</summary>
internal sealed class CopyProgress(int statements)
{
    private int _left = statements;
    private int _hasRows;

    /// <summary>Records the end of one statement; true for the one call that ends a table without rows.</summary>
    public bool EndsEmpty(bool hadRows)
    {
        if (hadRows)
        {
            Interlocked.Exchange(ref _hasRows, 1);
        }

        return Interlocked.Decrement(ref _left) == 0 && Volatile.Read(ref _hasRows) == 0;
    }
}
