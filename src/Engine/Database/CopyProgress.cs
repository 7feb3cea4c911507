namespace TfeBackup.Engine.Database;

/// <summary>The progress of the statements that read one table, over all workers.</summary>
internal sealed class CopyProgress(int statements)
{
    private int _left = statements;
    private long _rows;

    /// <summary>The rows that the ended statements have read.</summary>
    public long Rows => Volatile.Read(ref _rows);

    /// <summary>Records the end of one statement; true for the one call that ends a table without rows.</summary>
    public bool EndsEmpty(long rows)
    {
        Interlocked.Add(ref _rows, rows);
        return Interlocked.Decrement(ref _left) == 0 && Rows == 0;
    }
}
