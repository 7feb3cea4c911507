using System.Buffers;
using Npgsql;
using TfeBackup.Engine.Database.Binary;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Writes tables' rows through COPY FROM STDIN, one statement at a time: in binary where it knows how, which spares PostgreSQL the
/// parsing, and otherwise as the text they come as.
/// </summary>
/// <remarks>
/// Rows are turned into binary ones while earlier ones are on their way. Where a row cannot be, the statement ends before it, and
/// one that takes text goes on with it; so whatever a backup holds, the server reads it or says what is wrong.
/// </remarks>
/// <param name="connection">The connection.</param>
/// <param name="frozen">The tables whose rows can be written frozen; more may be made such.</param>
/// <param name="routes">Partitions whose rows are loaded into their partitioned table.</param>
/// <param name="types">The types of the backup's columns that PostgreSQL does not bring itself; null where everything is loaded as text.</param>
/// <param name="prepareForMany">Is told of a table, once, that it gets more rows than a few, and whether those are its first.</param>
internal sealed class CopyIn(
    NpgsqlConnection connection,
    IReadOnlySet<(string, string)> frozen,
    IReadOnlyDictionary<(string, string), string> routes,
    IReadOnlyList<TypeSchema>? types,
    Func<TableSchema, bool, CancellationToken, Task> prepareForMany)
{
    // PostgreSQL reports a refused row when the statement ends; a statement for a whole large table would take all of it first.
    private const long StatementBytes = 64 << 20;

    // A table of more bytes has many rows. Where more than half of what comes at once is one table's, there is more of it.
    private const long FewBytes = 8 << 20;
    private const long FirstOfMany = 512 << 10;

    // A row that is longer than this is loaded as text, which need not be whole to be sent.
    private const int LongestBinaryRow = 2 << 20;

    private const int BytesAtOnce = 256 << 10;

    private readonly EndMarkerGuard _guard = new();
    private readonly ArrayBufferWriter<byte> _partial = new();
    private BinaryBuffer _next = new();
    private BinaryBuffer _underWay = new();
    private Task _writing = Task.CompletedTask;
    private NpgsqlRawCopyStream? _stream;
    private BinaryRows? _binary;
    private readonly Dictionary<(string, string), long> _few = [];
    private readonly HashSet<(string, string)> _many = [];
    private TableSchema? _table;
    private bool _isWithinTextRow;
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

        // What is kept until its row ends is not sent, and nothing else would notice.
        cancellationToken.ThrowIfCancellationRequested();
        if (_guard.Contains(data.Span, atRowStart: !IsWithinRow))
        {
            throw new EngineException(
                EngineError.Corrupt, $"The backup's data of table {table} holds PostgreSQL's end-of-data marker; rows after it would be lost.");
        }

        try
        {
            await TakeAsync(table, data, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw Translate(e);
        }

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

    /// <summary>Breaks off. Disposing the stream instead would complete the statement, with half a row perhaps.</summary>
    public async Task AbortAsync()
    {
        if (_stream is null)
        {
            return;
        }

        var stream = _stream;
        _stream = null;
        try
        {
            await _writing;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // The connection is gone, or was told to stop; the statement does not complete either way.
        }

        try
        {
            await stream.CancelAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            // The statement had failed before, or the connection is gone; either way it does not complete.
        }
    }

    private bool IsCurrent(TableSchema table) =>
        ReferenceEquals(_table, table) || (_table is not null && _table.Schema == table.Schema && _table.Name == table.Name);

    private async ValueTask TakeAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var name = (table.Schema, table.Name);
        var isFew = !_many.Contains(name);
        var before = isFew ? _few.GetValueOrDefault(name) : 0;
        if (!IsCurrent(table) || ((before >= FewBytes || _bytes >= StatementBytes) && !_isWithinTextRow))
        {
            await EndStatementAsync();
            _rows = IsCurrent(table) ? _rows : 0;
            (_table, _bytes) = (table, 0);
            if (isFew && (before >= FewBytes || (before == 0 && data.Length >= FirstOfMany)))
            {
                _few.Remove(name);
                _many.Add(name);
                await prepareForMany(table, before == 0, cancellationToken);
                isFew = false;
            }

            await BeginAsync(types is null ? null : BinaryRows.For(table, types), cancellationToken);
        }

        _bytes += data.Length;
        if (isFew)
        {
            _few[name] = before + data.Length;
        }

        await (_binary is null ? WriteTextAsync(data, cancellationToken) : WriteBinaryAsync(data, cancellationToken));
    }

    private async ValueTask WriteTextAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (!data.IsEmpty)
        {
            await _stream!.WriteAsync(data, cancellationToken);
            _rows += System.MemoryExtensions.Count(data.Span, (byte)'\n');
            _isWithinTextRow = data.Span[^1] != (byte)'\n';
        }
    }

    private async ValueTask WriteBinaryAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (_partial.WrittenCount > 0)
        {
            var end = data.Span.IndexOf((byte)'\n') + 1;
            var more = end > 0 ? end : data.Length;
            _partial.Write(data.Span[..more]);
            data = data[more..];
            if (end == 0 && _partial.WrittenCount <= LongestBinaryRow)
            {
                return;
            }

            var row = _partial.WrittenMemory;
            if (end == 0 || !(await ConvertAsync(row, cancellationToken)).IsExact)
            {
                await GoOnAsTextAsync(row, cancellationToken);
                await WriteTextAsync(data, cancellationToken);
                return;
            }

            _partial.ResetWrittenCount();
        }

        var (converted, isExact) = await ConvertAsync(data, cancellationToken);
        var rest = data[converted..];
        if (isExact && rest.Length <= LongestBinaryRow)
        {
            _partial.Write(rest.Span);
            return;
        }

        await GoOnAsTextAsync(rest, cancellationToken);
    }

    /// <summary>Sends whole rows, as far as they can be binary ones.</summary>
    private async ValueTask<(int Converted, bool IsExact)> ConvertAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var position = 0;
        for (var length = BytesAtOnce; position < data.Length;)
        {
            var part = data.Slice(position, Math.Min(length, data.Length - position));
            var converted = _binary!.Convert(part.Span, _next, out var rows, out var isExact);
            position += converted;
            _rows += rows;
            if (_next.Length > 0)
            {
                await SendAsync(cancellationToken);
            }

            if (!isExact || (converted == 0 && part.Length == data.Length - position))
            {
                return (position, isExact);
            }

            length = converted == 0 ? length * 2 : BytesAtOnce;
        }

        return (position, true);
    }

    /// <summary>Sends what has been converted. The next rows are converted meanwhile.</summary>
    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        await _writing;
        (_next, _underWay) = (_underWay, _next);
        _next.Truncate(0);
        _writing = _stream!.WriteAsync(_underWay.Written, cancellationToken).AsTask();
    }

    private async ValueTask GoOnAsTextAsync(ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        await EndStatementAsync();
        await BeginAsync(null, cancellationToken);
        await WriteTextAsync(rest, cancellationToken);
        _partial.ResetWrittenCount();
    }

    private async Task BeginAsync(BinaryRows? binary, CancellationToken cancellationToken)
    {
        _binary = binary;
        _rowsBefore = _rows;
        var columns = _table!.Columns.Count == 0 ? "" : $" ({string.Join(", ", _table.Columns.Select(static column => SqlName.Quote(column.Name)))})";

        // The tables were truncated by this transaction and nobody else sees them before it commits, so rows can be written as
        // they will be for good, instead of being rewritten by the first vacuum.
        var route = routes.GetValueOrDefault((_table.Schema, _table.Name));
        var freeze = route is null && frozen.Contains((_table.Schema, _table.Name)) ? ", FREEZE" : "";
        var statement = $"COPY {route ?? _table.QuotedName}{columns} FROM STDIN WITH (FORMAT {(binary is null ? "text" : "binary")}{freeze})";
        _stream = binary is null
            ? (NpgsqlRawCopyStream)(await connection.BeginTextImportAsync(statement, cancellationToken)).BaseStream
            : await connection.BeginRawBinaryCopyAsync(statement, cancellationToken);
        _stream.ReadTimeout = _stream.WriteTimeout = 0;
        if (binary is not null)
        {
            _next.Write(BinaryRows.Header);
        }
    }

    private async Task EndStatementAsync()
    {
        if (_stream is null)
        {
            return;
        }

        if (_binary is not null)
        {
            _next.Write(BinaryRows.Trailer);
            await SendAsync(CancellationToken.None);
            await _writing;
        }

        var stream = _stream;
        _stream = null;
        await stream.DisposeAsync();
    }

    private EngineException Translate(NpgsqlException error) => DatabaseErrors.TranslateForLoad(error, $"loading table {_table}", _rowsBefore);

    private EngineException Unfinished() => new(EngineError.Corrupt, $"The backup's data of table {_table} ends within a row.");
}
