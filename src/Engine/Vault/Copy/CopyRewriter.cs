using System.Buffers;
using System.Text;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>
/// Passes COPY data on with the values replaced that a codec recognises in the columns it is told. Data in which nothing is
/// replaced is passed on as it came, without being taken apart; fields of other columns flow through whatever their size.
/// </summary>
/// <remarks>
/// Tabs and newlines stand for nothing but field and row ends in this format. Of a field that ends beyond the data at hand,
/// only the bytes that may be the beginning of something are kept back.
/// </remarks>
internal sealed class CopyRewriter(
    ICopySink inner,
    ICopyCodec codec,
    Func<TableSchema, string?[]?> keysOf,
    Func<string, IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<TransitResult>>> askVault,
    Func<string, string, Exception> refused,
    Func<string, Exception> broken,
    DecryptionCounts? counts = null)
{
    /// <summary>The longest text that is kept back; Vault refuses requests of more than 32 MiB.</summary>
    private const int LongestText = 32 << 20;

    private readonly List<CopyReplacement> _replacements = [];
    private readonly RowIdentity _row = new();
    private TableSchema? _table;
    private string?[]? _keys;
    private DecryptionCounts.Counter?[]? _counters;

    // Where the next byte stands: in which column, whether earlier bytes of that field were passed on, whether they end in an
    // escape, and whether anything in them is Vault's.
    private int _column;
    private bool _started;
    private bool _escaped;
    private bool _hit;
    private byte[] _kept = [];

    public async ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(table, _table))
        {
            if (_column != 0 || _started || _kept.Length > 0)
            {
                throw new InvalidOperationException($"Data of {table} comes within a row of {_table}.");
            }

            (_table, _keys, _counters) = (table, keysOf(table), counts?.Of(table));
        }

        if (_keys is null)
        {
            await inner.WriteAsync(table, data, cancellationToken);
            return;
        }

        if (_kept.Length == 0)
        {
            await RewriteAsync(table, data, cancellationToken);
            return;
        }

        var length = _kept.Length + data.Length;
        var joined = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _kept.CopyTo(joined, 0);
            data.CopyTo(joined.AsMemory(_kept.Length));
            await RewriteAsync(table, joined.AsMemory(0, length), cancellationToken);
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
        var firstColumn = _column;
        if (_column == 0 && !_started)
        {
            _row.Clear();
        }

        var decided = Scan(data.Span, out var rowStart);
        if (data.Length - decided > LongestText)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"{table}.{table.Columns[_column].Name}: a text of more than {LongestText >> 20} MiB that begins like Vault ciphertext exceeds what Vault accepts.");
        }

        if (_replacements.Count == 0)
        {
            if (decided > 0)
            {
                await inner.WriteAsync(table, data[..decided], cancellationToken);
            }
        }
        else
        {
            var texts = await ResolveAsync(table, data, firstColumn, cancellationToken);
            var output = Assemble(data.Span[..decided], texts, out var length);
            try
            {
                await inner.WriteAsync(table, output.AsMemory(0, length), cancellationToken);
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
        var position = 0;
        while (position < data.Length)
        {
            var length = data[position..].IndexOfAny((byte)'\t', (byte)'\n');
            var field = length < 0 ? data[position..] : data.Slice(position, length);
            var decided = ScanField(field, position, isEnd: length >= 0, rowStart);
            if (length < 0)
            {
                _escaped = CopyFieldScanner.Escapes(field[..decided], _escaped);
                _started |= decided > 0;
                return position + decided;
            }

            position += length + 1;
            _started = _escaped = _hit = false;
            if (data[position - 1] == '\n')
            {
                _column = 0;
                rowStart = position;
            }
            else
            {
                _column++;
            }
        }

        return position;
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

        if (!isEnd && !_started && field is [(byte)'\\'] or [(byte)'\\', (byte)'N'])
        {
            // Whether this is a null.
            return 0;
        }

        var column = _column;
        var decided = CopyFieldScanner.Scan(codec, field, isEnd, _escaped, (at, match) =>
        {
            _hit |= match.Kind == CopyMatchKind.ForVault;
            _replacements.Add(new CopyReplacement(start + at, column, rowStart, match));
        });
        if (isEnd && (_started || (field.Length > 0 && !field.SequenceEqual("\\N"u8))))
        {
            _counters?[_column]?.Count(_hit);
        }

        return decided;
    }

    private async Task<string[]> ResolveAsync(
        TableSchema table, ReadOnlyMemory<byte> data, int firstColumn, CancellationToken cancellationToken)
    {
        if (_replacements.Find(static replacement => replacement.Match.Kind == CopyMatchKind.Broken) is { Match.Kind: CopyMatchKind.Broken } damaged)
        {
            throw broken(Describe(table, data.Span, damaged, firstColumn));
        }

        var texts = new string[_replacements.Count];
        foreach (var group in Enumerable.Range(0, texts.Length)
            .Where(i => _replacements[i].Match.Kind == CopyMatchKind.ForVault)
            .GroupBy(i => _keys![_replacements[i].Column]!))
        {
            int[] indexes = [.. group];
            var results = await askVault(
                group.Key, Array.ConvertAll(indexes, i => _replacements[i].Match.Text), cancellationToken);
            for (var i = 0; i < indexes.Length; i++)
            {
                if (results[i].Error is { } error)
                {
                    var bad = _replacements[indexes[i]];
                    throw refused(Describe(table, data.Span, bad, firstColumn), $"key '{group.Key}': {error}");
                }

                texts[indexes[i]] = codec.Format(group.Key, results[i].Text!);
            }
        }

        for (var i = 0; i < texts.Length; i++)
        {
            var match = _replacements[i].Match;
            var text = Encoding.Latin1.GetBytes(texts[i] ?? match.Text);
            texts[i] = match.IsHex ? Convert.ToHexStringLower(text) : Encoding.Latin1.GetString(CopyText.Escape(text));
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
        for (var i = 0; i < texts.Length; i++)
        {
            length += texts[i].Length - _replacements[i].Match.Length;
        }

        var output = ArrayPool<byte>.Shared.Rent(length);
        var from = 0;
        var to = 0;
        for (var i = 0; i < texts.Length; i++)
        {
            var replacement = _replacements[i];
            data[from..replacement.Start].CopyTo(output.AsSpan(to));
            to += replacement.Start - from;
            // One char a byte: what is put back keeps its bytes whatever the database's encoding.
            to += Encoding.Latin1.GetBytes(texts[i], output.AsSpan(to));
            from = replacement.Start + replacement.Match.Length;
        }

        data[from..].CopyTo(output.AsSpan(to));
        return output;
    }

    /// <summary>Keeps undecided bytes, and the primary key of an incomplete row.</summary>
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
