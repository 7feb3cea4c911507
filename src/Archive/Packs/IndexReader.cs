using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Buffers;
using TfeBackup.Archive.Layout;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// Reads an index from its start to its end, in memory that does not depend on how many entries there are. It accepts only what an allowed
/// signer signed as the index of this very backup. Not thread-safe.
/// </summary>
/// <remarks>
/// The signature is checked before anything else. That the file is the one that was signed shows at its end, so nothing that was read counts
/// until <see cref="ReadAsync"/> has returned null.
/// </remarks>
public sealed class IndexReader : IAsyncDisposable
{
    private readonly SealedReader _file;
    private readonly IndexStatement _statement;
    private readonly LineReader _lines;
    private readonly IndexTally _tally = new();
    private readonly List<PackUse> _packs = [];
    private readonly List<ArchiveColumn> _columns = [];
    private readonly List<string> _broken = [];
    private readonly string _name;
    private string? _last;
    private IndexEnd? _end;
    private bool _usable = true;

    private IndexReader(SealedReader file, IndexStatement statement, string name)
    {
        _file = file;
        _statement = statement;
        _name = name;
        _lines = new LineReader(file.PeekAsync, file.Advance, name);
        Info = null!;
    }

    /// <summary>The index's first line.</summary>
    public IndexInfo Info { get; private set; }

    /// <summary>The packs that entries name, in the order of their names; available once <see cref="ReadAsync"/> has returned null.</summary>
    public IReadOnlyList<PackUse> Packs => _end is null ? throw NotAtEnd() : _packs;

    /// <summary>Counts for the columns that are declared encrypted; available once <see cref="ReadAsync"/> has returned null.</summary>
    public IReadOnlyList<ArchiveColumn> Columns => _end is null ? throw NotAtEnd() : _columns;

    /// <summary>
    /// The constraints that rows break although the source says that they hold; available once <see cref="ReadAsync"/> has returned null.
    /// </summary>
    public IReadOnlyList<string> Broken => _end is null ? throw NotAtEnd() : _broken;

    /// <summary>The totals; available once <see cref="ReadAsync"/> has returned null.</summary>
    public IndexEnd End => _end ?? throw NotAtEnd();

    /// <summary>Checks the signature of an index and opens it.</summary>
    /// <param name="source">The file, at its start; need not be seekable; stays open. It is read ahead of what is asked for.</param>
    /// <param name="signature">The signed statement that stands beside it.</param>
    /// <param name="expected">What it must be.</param>
    /// <param name="identity">The repository's identity, or the host's index key.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException">
    /// <see cref="ArchiveError.Corrupt"/> for anything but what was signed, <see cref="ArchiveError.WrongPassword"/> if the identity does not
    /// open it, <see cref="ArchiveError.Unsupported"/> for another format.
    /// </exception>
    public static async Task<IndexReader> OpenAsync(
        Stream source, SignedStatement signature, IndexExpectation expected, AgeIdentity identity, PackOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(signature);
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(identity);
        var statement = expected.Check(signature);
        var file = await SealedReader.OpenAsync(source, expected.ToString(), [identity], options ?? new PackOptions(), cancellationToken);
        var reader = new IndexReader(file, statement, expected.ToString());
        try
        {
            reader.Info = reader.Parse(await reader.NextAsync(cancellationToken), PackJson.Default.IndexInfo);
            expected.Check(reader.Info, statement);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// The next entry. Null only once everything is proven: the totals and the packs agree with the entries, every layer ended as it
    /// should, and the file is the one that was signed.
    /// </summary>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async ValueTask<IndexEntry?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_end is not null)
        {
            return null;
        }

        if (!_usable)
        {
            throw new InvalidOperationException("An earlier read of this index failed or is still in progress.");
        }

        _usable = false;
        var line = await NextAsync(cancellationToken);
        if (!line.Span.StartsWith("{\"path\":"u8))
        {
            _end = await ReadEndAsync(line, cancellationToken);
            return null;
        }

        var entry = Parse(line, PackJson.Default.IndexEntry);
        var key = entry.SortKey;
        var fault = entry.Fault() ?? (_last is not null && Utf8Order.Compare(_last, key) >= 0 ? $"it must stand before '{_last}', and once" : null);
        if (fault is not null)
        {
            throw ArchiveException.Corrupt($"Line {_lines.Count} of {_name}, '{entry.Path}', is invalid: {fault}.");
        }

        _last = key;
        _tally.Add(entry);
        CheckPackCount(_tally.Packs);
        _usable = true;
        return entry;
    }

    /// <summary>The entries from here to the end, which is proven once the enumeration has ended.</summary>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async IAsyncEnumerable<IndexEntry> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await ReadAsync(cancellationToken) is { } entry)
        {
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _usable = false;
        return _file.DisposeAsync();
    }

    private async Task<IndexEnd> ReadEndAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        foreach (var name in _tally.PackNames)
        {
            if (!line.Span.StartsWith("{\"pack\":"u8))
            {
                throw ArchiveException.Corrupt($"Line {_lines.Count} of {_name} is not the pack '{name}', which its entries name.");
            }

            var pack = Parse(line, PackJson.Default.PackUse);
            if (pack.Pack != name || pack.Fault() is not null || _tally.Use(pack) != pack)
            {
                throw ArchiveException.Corrupt($"Line {_lines.Count} of {_name} does not describe the pack '{name}' as its entries do.");
            }

            _packs.Add(pack);
            line = await NextAsync(cancellationToken);
        }

        var remarks = 0;
        for (; !line.Span.StartsWith("{\"entries\":"u8) && remarks < FormatLimits.Remarks; remarks++)
        {
            TakeRemark(Parse(line, ArchiveJson.Default.ManifestLine));
            line = await NextAsync(cancellationToken);
        }

        var end = line.Span.StartsWith("{\"entries\":"u8)
            ? Parse(line, PackJson.Default.IndexEnd)
            : throw ArchiveException.Corrupt($"Line {_lines.Count} of {_name} is not its end, which must stand here.");
        var counted = _tally.End(remarks);
        if (end != counted)
        {
            throw ArchiveException.Corrupt($"The totals at the end of {_name} do not match its {counted.Entries} entries and {remarks} remarks.");
        }

        if (await _lines.ReadAsync(cancellationToken) is not null)
        {
            throw ArchiveException.Corrupt($"Lines follow the end of {_name}.");
        }

        await _file.CheckEndAsync(_statement.Sha256, cancellationToken);
        return end;
    }

    private void TakeRemark(ManifestLine line)
    {
        if (line is { Column.Length: > 0, Decrypted: >= 0, Plain: >= 0 }
            && line == new ManifestLine { Column = line.Column, Decrypted = line.Decrypted, Plain = line.Plain })
        {
            _columns.Add(new ArchiveColumn(line.Column, line.Decrypted.Value, line.Plain.Value));
        }
        else if (line is { Broken.Length: > 0 } && line == new ManifestLine { Broken = line.Broken })
        {
            _broken.Add(line.Broken);
        }
        else
        {
            throw ArchiveException.Corrupt($"Line {_lines.Count} of {_name} is neither an entry, a pack, a remark nor the end.");
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken) =>
        await _lines.ReadAsync(cancellationToken)
        ?? throw ArchiveException.Corrupt($"{_name} ends after line {_lines.Count}, before its end: part of it is missing.");

    private T Parse<T>(ReadOnlyMemory<byte> line, JsonTypeInfo<T> type)
        where T : class =>
        ArchiveJson.Read(line.Span, type, $"Line {_lines.Count} of {_name}");

    private static void CheckPackCount(int packs)
    {
        if (packs > IndexLimits.Packs)
        {
            throw ArchiveException.Corrupt($"The index names more than {IndexLimits.Packs} packs.");
        }
    }

    private static InvalidOperationException NotAtEnd() => new("The index has not been read to its end.");
}
