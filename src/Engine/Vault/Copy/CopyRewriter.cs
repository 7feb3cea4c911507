using System.Buffers;
using System.Text;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>
/// Passes COPY data on with the values replaced that a codec recognises in the columns it is told. Data in which nothing is
/// replaced is passed on as it came, without being taken apart; fields of other columns flow through whatever their size.
/// </summary>
/// <remarks>
/// Tabs and newlines stand for nothing but field and row ends in this format, so fields are found by searching for what is
/// to be replaced and looking left and right from there. Of a field that ends beyond the data at hand, only the bytes that
/// may be the beginning of something are kept back.
/// </remarks>
internal sealed class CopyRewriter(
    ICopySink inner,
    ICopyCodec codec,
    Func<TableSchema, string?[]?> keysOf,
    Func<string, IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<TransitResult>>> askVault,
    Func<string, string, EngineException> refused)
{
    /// <summary>The longest text that is kept back; Vault refuses requests of more than 32 MiB.</summary>
    private const int LongestText = 32 << 20;

    private readonly List<CopyReplacement> _replacements = [];
    private readonly RowIdentity _row = new();
    private TableSchema? _table;
    private string?[]? _keys;

    // Where the next byte stands: in which column, whether earlier bytes of that field were passed on, and the last of them.
    private int _column;
    private bool _started;
    private byte _previous;
    private byte[] _kept = [];

    public async ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(table, _table))
        {
            if (_column != 0 || _started || _kept.Length > 0)
            {
                throw new InvalidOperationException($"Data of {table} comes within a row of {_table}.");
            }

            (_table, _keys) = (table, keysOf(table));
        }

        if (_keys is null)
        {
            await inner.WriteAsync(table, data, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_kept.Length == 0)
        {
            await RewriteAsync(table, data, cancellationToken).ConfigureAwait(false);
            return;
        }

        int length = _kept.Length + data.Length;
        byte[] joined = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _kept.CopyTo(joined, 0);
            data.CopyTo(joined.AsMemory(_kept.Length));
            await RewriteAsync(table, joined.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // It may have held secrets.
            ArrayPool<byte>.Shared.Return(joined, clearArray: true);
        }
    }

    private async ValueTask RewriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        _replacements.Clear();
        int firstColumn = _column;
        if (_column == 0 && !_started)
        {
            _row.Clear();
        }

        int decided = Scan(data.Span, out int rowStart);
        if (data.Length - decided > LongestText)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"{table}.{table.Columns[_column].Name}: a value of more than {LongestText >> 20} MiB that begins like one of Vault's is more than Vault takes.");
        }

        if (_replacements.Count == 0)
        {
            if (decided > 0)
            {
                await inner.WriteAsync(table, data[..decided], cancellationToken).ConfigureAwait(false);
            }
        }
        else
        {
            string[] texts = await ResolveAsync(table, data, firstColumn, cancellationToken).ConfigureAwait(false);
            byte[] output = Assemble(data.Span[..decided], texts, out int length);
            try
            {
                await inner.WriteAsync(table, output.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(output, clearArray: true);
            }
        }

        Remember(table, data.Span, decided, rowStart, firstColumn);
    }

    /// <summary>Fills the list of replacements and moves the position; returns how many bytes are decided.</summary>
    private int Scan(ReadOnlySpan<byte> data, out int rowStart)
    {
        rowStart = 0;
        int position = 0;
        while (true)
        {
            int hit = data[position..].IndexOf(ICopyCodec.Prefix);
            int fieldStart = MoveToField(data, position, hit < 0 ? data.Length : position + hit, ref rowStart);
            int fieldLength = hit < 0 ? -1 : data[(position + hit)..].IndexOfAny((byte)'\t', (byte)'\n');
            if (fieldLength < 0)
            {
                return ScanOpenField(data, fieldStart, rowStart);
            }

            int fieldEnd = position + hit + fieldLength;
            ScanField(data[fieldStart..fieldEnd], fieldStart, isEnd: true, rowStart);
            position = fieldEnd + 1;
            _started = false;
            _previous = 0;
            if (data[fieldEnd] == '\n')
            {
                _column = 0;
                rowStart = position;
            }
            else
            {
                _column++;
            }
        }
    }

    /// <summary>Moves the position to the start of the field that <paramref name="to"/> is in.</summary>
    private int MoveToField(ReadOnlySpan<byte> data, int from, int to, ref int rowStart)
    {
        ReadOnlySpan<byte> skipped = data[from..to];
        int delimiter = skipped.LastIndexOfAny((byte)'\t', (byte)'\n');
        if (delimiter < 0)
        {
            return from;
        }

        int newline = skipped[..(delimiter + 1)].LastIndexOf((byte)'\n');
        if (newline >= 0)
        {
            rowStart = from + newline + 1;
            _column = 0;
        }

        _column += skipped[(newline + 1)..(delimiter + 1)].Count((byte)'\t');
        _started = false;
        _previous = 0;
        return from + delimiter + 1;
    }

    private int ScanOpenField(ReadOnlySpan<byte> data, int start, int rowStart)
    {
        if (start == data.Length)
        {
            return start;
        }

        int decided = start + ScanField(data[start..], start, isEnd: false, rowStart);
        if (decided > start)
        {
            _started = true;
            _previous = data[decided - 1];
        }

        return decided;
    }

    private int ScanField(ReadOnlySpan<byte> field, int start, bool isEnd, int rowStart)
    {
        if (_column >= _keys!.Length)
        {
            throw new InvalidDataException($"A row of {_table} has more than its {_keys.Length} columns.");
        }

        if (_keys[_column] is null)
        {
            return field.Length;
        }

        int column = _column;
        return CopyFieldScanner.Scan(
            codec, field, isStart: !_started, isEnd, _previous,
            (at, match) => _replacements.Add(new CopyReplacement(start + at, column, rowStart, match)));
    }

    private async Task<string[]> ResolveAsync(
        TableSchema table, ReadOnlyMemory<byte> data, int firstColumn, CancellationToken cancellationToken)
    {
        string[] texts = new string[_replacements.Count];
        foreach (IGrouping<string, int> group in Enumerable.Range(0, texts.Length)
            .Where(i => _replacements[i].Match.Kind == CopyMatchKind.ForVault)
            .GroupBy(i => _keys![_replacements[i].Column]!))
        {
            int[] indexes = [.. group];
            IReadOnlyList<TransitResult> results = await askVault(
                group.Key, Array.ConvertAll(indexes, i => _replacements[i].Match.Text), cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < indexes.Length; i++)
            {
                if (results[i].Error is { } error)
                {
                    CopyReplacement bad = _replacements[indexes[i]];
                    throw refused(Describe(table, data.Span, bad, firstColumn), $"key '{group.Key}': {error}");
                }

                texts[indexes[i]] = codec.Format(group.Key, results[i].Text!);
            }
        }

        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] ??= _replacements[i].Match.Text;
        }

        return texts;
    }

    private string Describe(TableSchema table, ReadOnlySpan<byte> data, CopyReplacement bad, int firstColumn)
    {
        if (bad.RowStart > 0)
        {
            _row.Clear();
        }

        _row.Add(table, data[bad.RowStart..], bad.RowStart > 0 ? 0 : firstColumn);
        return $"{table}.{table.Columns[bad.Column].Name} of {_row.Describe(table)}";
    }

    private byte[] Assemble(ReadOnlySpan<byte> data, string[] texts, out int length)
    {
        length = data.Length;
        for (int i = 0; i < texts.Length; i++)
        {
            length += texts[i].Length - _replacements[i].Match.Length;
        }

        byte[] output = ArrayPool<byte>.Shared.Rent(length);
        int from = 0;
        int to = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            CopyReplacement replacement = _replacements[i];
            data[from..replacement.Start].CopyTo(output.AsSpan(to));
            to += replacement.Start - from;
            // One char a byte: what is put back keeps its bytes whatever the database's encoding.
            to += Encoding.Latin1.GetBytes(texts[i], output.AsSpan(to));
            from = replacement.Start + replacement.Match.Length;
        }

        data[from..].CopyTo(output.AsSpan(to));
        return output;
    }

    /// <summary>Keeps what is undecided, and the primary key of a row that has not ended.</summary>
    private void Remember(TableSchema table, ReadOnlySpan<byte> data, int decided, int rowStart, int firstColumn)
    {
        if (rowStart > 0)
        {
            _row.Clear();
        }

        if (_column > 0 || _started)
        {
            _row.Add(table, data[rowStart..decided], rowStart > 0 ? 0 : firstColumn);
        }

        _kept = data[decided..].ToArray();
    }
}
