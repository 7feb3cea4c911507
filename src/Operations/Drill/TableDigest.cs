using System.Buffers;
using System.Security.Cryptography;
using TfeBackup.Archive;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Drill;

/// <summary>
/// Digests one table's rows as COPY text, part by part as they come. Where the columns come in another order than in the table it is to be compared
/// with, the fields are brought into that order first.
/// </summary>
internal sealed class TableDigest : IDisposable
{
    // Only rows whose columns must be reordered are buffered whole.
    private const int MaxReorderedRow = 64 << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _digest = new byte[SHA256.HashSizeInBytes];
    private readonly int[]? _order;
    private readonly Range[]? _fields;
    private ArrayBufferWriter<byte>? _row;
    private MultisetDigest _rows;
    private bool _open;

    /// <param name="table">The table as the archive at hand has it.</param>
    /// <param name="like">The table whose order of columns counts.</param>
    public TableDigest(DrilledTable table, DrilledTable like)
    {
        Table = table;
        var names = table.Columns.Select(column => column.Name).ToList();
        HasSameColumns = names.Order(StringComparer.Ordinal).SequenceEqual(like.Columns.Select(column => column.Name).Order(StringComparer.Ordinal));
        if (HasSameColumns && !names.SequenceEqual(like.Columns.Select(column => column.Name)))
        {
            _order = [.. like.Columns.Select(column => names.IndexOf(column.Name))];
            _fields = new Range[_order.Length];
        }
    }

    public DrilledTable Table { get; }

    /// <summary>True if both have columns of the same names; otherwise digests say nothing.</summary>
    public bool HasSameColumns { get; }

    public MultisetDigest Rows => _rows;

    /// <summary>Reads a part; it may end within a row that continues in the next part.</summary>
    public async Task ReadAsync(Stream part, byte[] buffer, CancellationToken cancellationToken)
    {
        int read;
        while ((read = await part.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
        {
            Append(buffer.AsSpan(0, read));
        }
    }

    public void Dispose() => _hash.Dispose();

    private void Append(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var end = data.IndexOf((byte)'\n');
            var piece = end < 0 ? data : data[..end];
            if (end >= 0 && !_open)
            {
                AddWhole(piece);
            }
            else
            {
                _open = true;
                AddPiece(piece);
                if (end >= 0)
                {
                    EndRow();
                    _open = false;
                }
            }

            data = end < 0 ? [] : data[(end + 1)..];
        }
    }

    private void AddWhole(ReadOnlySpan<byte> row)
    {
        if (_order is null)
        {
            SHA256.HashData(row, _digest);
            _rows.Add(_digest);
            return;
        }

        Reorder(row, _order);
    }

    private void AddPiece(ReadOnlySpan<byte> piece)
    {
        if (_order is null)
        {
            _hash.AppendData(piece);
            return;
        }

        _row ??= new ArrayBufferWriter<byte>();
        if (_row.WrittenCount + piece.Length > MaxReorderedRow)
        {
            throw new OperationException(
                OperationError.Unsupported,
                $"Table {Table} cannot be compared: it has a row of more than {MaxReorderedRow >> 20} MiB, and its columns are in a different order than in the backup.");
        }

        _row.Write(piece);
    }

    private void EndRow()
    {
        if (_order is null)
        {
            _hash.GetHashAndReset(_digest);
            _rows.Add(_digest);
            return;
        }

        Reorder(_row!.WrittenSpan, _order);
        _row.ResetWrittenCount();
    }

    private void Reorder(ReadOnlySpan<byte> row, int[] order)
    {
        // COPY escapes tabs in values as \t, so every literal tab is a separator.
        var count = 0;
        foreach (var field in row.Split((byte)'\t'))
        {
            if (count < order.Length)
            {
                _fields![count] = field;
            }

            count++;
        }

        if (count != order.Length)
        {
            throw new ArchiveException(ArchiveError.Corrupt, $"A row of {Table} does not have the {order.Length} fields that schema.json lists.");
        }

        for (var i = 0; i < order.Length; i++)
        {
            if (i > 0)
            {
                _hash.AppendData("\t"u8);
            }

            _hash.AppendData(row[_fields![order[i]]]);
        }

        _hash.GetHashAndReset(_digest);
        _rows.Add(_digest);
    }
}
