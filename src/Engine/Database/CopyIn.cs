using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Writes tables' rows through COPY FROM STDIN, one statement at a time.</summary>
/// <param name="connection">The connection.</param>
/// <param name="frozen">The tables whose rows can be written frozen.</param>
/// <param name="routes">Partitions whose rows are loaded into their partitioned table.</param>
internal sealed class CopyIn(
    NpgsqlConnection connection, IReadOnlySet<(string, string)> frozen, IReadOnlyDictionary<(string, string), string> routes)
{
    // PostgreSQL reports a refused row when the statement ends; a statement for a whole large table would take all of it first.
    private const long StatementBytes = 64 << 20;

    private readonly EndMarkerGuard _guard = new();
    private NpgsqlCopyTextWriter? _writer;
    private TableSchema? _table;
    private long _bytes;
    private long _rows;
    private long _rowsBefore;

    /// <summary>True if the last row is incomplete.</summary>
    public bool IsWithinRow { get; private set; }

    public async ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (IsWithinRow && !IsCurrent(table))
        {
            throw Unfinished();
        }

        if (data.IsEmpty)
        {
            return;
        }

        if (_guard.Contains(data.Span, atRowStart: !IsWithinRow))
        {
            throw new EngineException(
                EngineError.Corrupt, $"The backup's data of table {table} holds PostgreSQL's end-of-data marker; rows after it would be lost.");
        }

        try
        {
            if (!IsCurrent(table) || (!IsWithinRow && _bytes >= StatementBytes))
            {
                await EndStatementAsync();
                await BeginAsync(table, cancellationToken);
            }

            await _writer!.BaseStream.WriteAsync(data, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw Translate(e);
        }

        _bytes += data.Length;
        _rows += System.MemoryExtensions.Count(data.Span, (byte)'\n');
        IsWithinRow = data.Span[^1] != (byte)'\n';
    }

    /// <summary>Ends the load: every row has arrived and been accepted.</summary>
    public async Task EndAsync()
    {
        if (IsWithinRow)
        {
            throw Unfinished();
        }

        try
        {
            await EndStatementAsync();
        }
        catch (NpgsqlException e)
        {
            throw Translate(e);
        }
    }

    /// <summary>Breaks off. Disposing the writer instead would complete the statement, with half a row perhaps.</summary>
    public async Task AbortAsync()
    {
        if (_writer is null)
        {
            return;
        }

        var writer = _writer;
        _writer = null;
        try
        {
            await writer.CancelAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            // The statement had failed before, or the connection is gone; either way it does not complete.
        }
    }

    private bool IsCurrent(TableSchema table) =>
        ReferenceEquals(_table, table) || (_table is not null && _table.Schema == table.Schema && _table.Name == table.Name);

    private async Task BeginAsync(TableSchema table, CancellationToken cancellationToken)
    {
        if (!IsCurrent(table))
        {
            _rows = 0;
        }

        _table = table;
        _bytes = 0;
        _rowsBefore = _rows;
        var columns = table.Columns.Count == 0 ? "" : $" ({string.Join(", ", table.Columns.Select(static column => SqlName.Quote(column.Name)))})";

        // The tables were truncated by this transaction and nobody else sees them before it commits, so rows can be written as
        // they will be for good, instead of being rewritten by the first vacuum.
        var route = routes.GetValueOrDefault((table.Schema, table.Name));
        var freeze = route is null && frozen.Contains((table.Schema, table.Name)) ? ", FREEZE" : "";
        _writer = await connection.BeginTextImportAsync($"COPY {route ?? table.QuotedName}{columns} FROM STDIN WITH (FORMAT text{freeze})", cancellationToken);
        _writer.Timeout = 0;
    }

    private async Task EndStatementAsync()
    {
        if (_writer is not null)
        {
            var writer = _writer;
            _writer = null;
            await writer.DisposeAsync();
        }
    }

    private EngineException Translate(NpgsqlException error) => DatabaseErrors.TranslateForLoad(error, $"loading table {_table}", _rowsBefore);

    private EngineException Unfinished() => new(EngineError.Corrupt, $"The backup's data of table {_table} ends within a row.");
}
