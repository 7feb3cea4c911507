using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Buffers;
using TfeBackup.Archive.Layout;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// Writes an index (FORMAT-2.md): its entries in order, then the packs they name, and signs it. Memory does not depend on how many entries
/// there are. Not thread-safe.
/// </summary>
public sealed class IndexWriter : IAsyncDisposable
{
    private readonly SealedWriter _file;
    private readonly IndexInfo _info;
    private readonly SigningKey _signer;
    private readonly IndexTally _tally = new();
    private readonly Dictionary<string, PackUse> _packs = [];
    private readonly List<ManifestLine> _remarks = [];
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Utf8JsonWriter _json;
    private string? _last;
    private bool _usable = true;

    private IndexWriter(SealedWriter file, IndexInfo info, SigningKey signer)
    {
        _file = file;
        _info = info;
        _signer = signer;
        _json = new Utf8JsonWriter(_line, new JsonWriterOptions { Encoder = PackJson.Readable.Options.Encoder });
    }

    /// <summary>Begins an index.</summary>
    /// <param name="destination">Takes the file; stays open.</param>
    /// <param name="info">Its first line.</param>
    /// <param name="indexKey">The recipient of the host's index key, which opens indexes and no pack; null for none.</param>
    /// <param name="signer">Signs it; not owned.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/>, before anything is written.</exception>
    public static async Task<IndexWriter> CreateAsync(
        Stream destination, IndexInfo info, AgeRecipient? indexKey, SigningKey signer, PackOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(signer);
        if (info.Format != IndexInfo.CurrentFormat)
        {
            throw ArchiveException.InvalidRequest($"This writer writes format {IndexInfo.CurrentFormat}, not {info.Format}.");
        }

        info = info with { Created = info.Created.ToUniversalTime() };
        IReadOnlyList<AgeRecipient> recipients = indexKey is null ? [AgeRecipient.Parse(info.Key)] : [AgeRecipient.Parse(info.Key), indexKey];
        var file = await SealedWriter.CreateAsync(destination, recipients, options ?? new PackOptions(), cancellationToken);
        var writer = new IndexWriter(file, info, signer);
        await writer.WriteLineAsync(info, PackJson.Readable.IndexInfo, cancellationToken);
        return writer;
    }

    /// <summary>Tells of a pack. Entries may name it before or after; if none does, the index does not list it.</summary>
    /// <param name="pack">The pack.</param>
    public void AddPack(PackUse pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        _packs[pack.Pack] = pack;
    }

    /// <summary>Notes what was found in a column that is declared encrypted.</summary>
    /// <param name="column">The column, and the counts.</param>
    public void AddColumn(ArchiveColumn column)
    {
        ArgumentNullException.ThrowIfNull(column);
        ArgumentException.ThrowIfNullOrEmpty(column.Name, nameof(column));
        ArgumentOutOfRangeException.ThrowIfNegative(column.Decrypted, nameof(column));
        ArgumentOutOfRangeException.ThrowIfNegative(column.Plain, nameof(column));
        AddRemark(new ManifestLine { Column = column.Name, Decrypted = column.Decrypted, Plain = column.Plain });
    }

    /// <summary>Notes that rows break a constraint which is said to hold.</summary>
    /// <param name="constraint">The constraint and its table.</param>
    public void AddBroken(string constraint)
    {
        ArgumentException.ThrowIfNullOrEmpty(constraint);
        AddRemark(new ManifestLine { Broken = constraint });
    }

    /// <summary>Writes an entry.</summary>
    /// <param name="entry">The entry; behind the one before it by <see cref="IndexEntry.Compare"/>.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/> for one that cannot stand here.</exception>
    public async Task WriteAsync(IndexEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        CheckUsable();
        var fault = entry.Fault();
        var key = entry.SortKey;
        if (fault is null && _last is not null && Utf8Order.Compare(_last, key) >= 0)
        {
            fault = $"it must stand before '{_last}', and once";
        }

        if (fault is not null)
        {
            throw ArchiveException.InvalidRequest($"The entry '{entry.Path}' cannot be part of the index: {fault}.");
        }

        _last = key;
        _tally.Add(entry);
        if (_tally.Packs > IndexLimits.Packs)
        {
            throw ArchiveException.Unsupported($"The backup names more than {IndexLimits.Packs} packs. Use larger packs.");
        }

        await WriteLineAsync(entry, PackJson.Readable.IndexEntry, cancellationToken);
    }

    /// <summary>Writes the packs, the remarks and the ends of all layers, flushes, and signs. The index is whole once this has returned.</summary>
    /// <param name="cancellationToken">Ends the call early; the index then stays incomplete.</param>
    /// <returns>What stands beside the index.</returns>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/> if entries name a pack that nobody told of.</exception>
    public async Task<SignedStatement> CompleteAsync(CancellationToken cancellationToken)
    {
        CheckUsable();
        foreach (var name in _tally.PackNames)
        {
            var pack = _packs.TryGetValue(name, out var known)
                ? _tally.Use(known)
                : throw ArchiveException.InvalidRequest($"Entries of the index name the pack '{name}', which is not known.");
            if (pack.Fault() is { } fault)
            {
                throw ArchiveException.InvalidRequest($"The pack '{name}' cannot be part of the index: {fault}.");
            }

            await WriteLineAsync(pack, PackJson.Readable.PackUse, cancellationToken);
        }

        foreach (var remark in _remarks)
        {
            await WriteLineAsync(remark, ArchiveJson.Readable.ManifestLine, cancellationToken);
        }

        await WriteLineAsync(_tally.End(_remarks.Count), PackJson.Readable.IndexEnd, cancellationToken);
        _usable = false;
        (var size, var sha256) = await _file.CompleteAsync(cancellationToken);
        var statement = ArchiveJson.Write(Statement(size, sha256), PackJson.Readable.IndexStatement);
        return new SignedStatement(statement, _signer.Sign(statement));
    }

    /// <summary>Releases buffers and keys, and waits for what works on them. Writes nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        _usable = false;
        await _json.DisposeAsync();
        await _file.DisposeAsync();
    }

    private void AddRemark(ManifestLine remark)
    {
        CheckUsable();
        if (_remarks.Count == FormatLimits.Remarks)
        {
            throw ArchiveException.Unsupported($"The backup has more than {FormatLimits.Remarks} remarks on columns and constraints.");
        }

        _remarks.Add(remark);
    }

    private IndexStatement Statement(long size, string sha256) => new()
    {
        Type = _info.Segment is null ? IndexStatement.IndexType : IndexStatement.SegmentType,
        Format = IndexInfo.CurrentFormat,
        Installation = _info.Installation,
        Id = _info.Id,
        Segment = _info.Segment,
        Created = _info.Created,
        Key = _info.Key,
        Signer = _signer.PublicKey.ToString(),
        Size = size,
        Sha256 = sha256,
    };

    private async ValueTask WriteLineAsync<T>(T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        _usable = false;
        _line.ResetWrittenCount();
        _json.Reset();
        JsonSerializer.Serialize(_json, value, type);
        if (_line.WrittenCount > IndexLimits.LineBytes)
        {
            throw ArchiveException.Unsupported($"A line of the index has {_line.WrittenCount} bytes; at most {IndexLimits.LineBytes} are allowed.");
        }

        _line.Write("\n"u8);
        await _file.Frames.WriteAsync(_line.WrittenMemory, cancellationToken);
        _usable = true;
    }

    private void CheckUsable()
    {
        if (!_usable)
        {
            throw new InvalidOperationException("The index is already complete, or an earlier write to it failed.");
        }
    }
}
