using System.Security.Cryptography;
using System.Text;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// Writes a pack (FORMAT-2.md): entries in any order, each path once. Memory depends on the number of entries, which is limited, and not on
/// their content. Not thread-safe.
/// </summary>
/// <remarks>
/// Only <see cref="CompleteAsync"/> makes a pack: whatever ends before, also by disposing, every reader recognises as truncated. After an
/// exception the writer is of no further use.
/// </remarks>
public sealed class PackWriter : IAsyncDisposable
{
    private readonly SealedWriter _file;
    private readonly TarWriter _tar;
    private readonly PackOptions _options;
    private readonly long _created;
    private readonly List<IndexEntry> _entries = [];
    private readonly HashSet<UInt128> _paths = [];
    private readonly EntryDigest _digest = new();
    private long _bytes;
    private bool _usable = true;

    private PackWriter(SealedWriter file, DateTimeOffset created, PackOptions options)
    {
        _file = file;
        _options = options;
        _created = created.ToUnixTimeSeconds();
        _tar = new TarWriter(file.Frames, _created);
    }

    /// <summary>True once the pack has reached its size, or has as many entries as a pack has: it takes no more.</summary>
    public bool IsFull => _file.Written >= _options.TargetSize || _entries.Count >= IndexLimits.PackEntries;

    /// <summary>True while it has no entry: such a pack cannot be completed.</summary>
    public bool IsEmpty => _entries.Count == 0;

    /// <summary>Begins a pack.</summary>
    /// <param name="destination">Takes the file; stays open.</param>
    /// <param name="recipient">The recipient of the repository's identity.</param>
    /// <param name="created">When the backup began: the time of all entries.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public static async Task<PackWriter> CreateAsync(
        Stream destination, AgeRecipient recipient, DateTimeOffset created, PackOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(recipient);
        if (created.ToUnixTimeSeconds() is < 0 or > TarFormat.MaxUstarSize)
        {
            throw ArchiveException.InvalidRequest($"The time {created:O} does not fit a tar header.");
        }

        options ??= new PackOptions();
        return new PackWriter(await SealedWriter.CreateAsync(destination, [recipient], options, cancellationToken), created, options);
    }

    /// <summary>Writes <c>database/schema.json</c>.</summary>
    /// <param name="json">Its content.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task<IndexEntry> WriteSchemaAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        WriteDescriptionAsync(PackPath.Schema, json, cancellationToken);

    /// <summary>Writes <c>database/sequences.json</c>.</summary>
    /// <param name="json">Its content.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task<IndexEntry> WriteSequencesAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        WriteDescriptionAsync(PackPath.Sequences, json, cancellationToken);

    /// <summary>Writes a part of a table, or a segment of one.</summary>
    /// <param name="schema">The table's schema, unquoted.</param>
    /// <param name="table">The table's name, unquoted.</param>
    /// <param name="firstPage">The part's first page.</param>
    /// <param name="segment">0 for the part's beginning; a part too large for one buffer goes on in the next segment, within a row if need be.</param>
    /// <param name="snapshot">The xmin, in 64 bits, of the snapshot it was read under.</param>
    /// <param name="rows">PostgreSQL's COPY text; not empty.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<IndexEntry> WritePartAsync(
        string schema, string table, long firstPage, int segment, long snapshot, ReadOnlyMemory<byte> rows, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(schema);
        ArgumentException.ThrowIfNullOrEmpty(table);
        if (rows.IsEmpty)
        {
            throw ArchiveException.InvalidRequest($"A part of '{schema}.{table}' is empty; parts without rows are not written.");
        }

        var path = PackPath.TablePart(schema, table, firstPage, segment);
        var offset = await BeginAsync(path.Path, rows.Length, null, countsRows: true, cancellationToken);
        _digest.Add(rows.Span);
        await _file.Frames.WriteAsync(rows, cancellationToken);
        return await EndAsync(new IndexEntry { Path = path.Path, Rows = _digest.Rows, Snapshot = snapshot }, offset, rows.Length, cancellationToken);
    }

    /// <summary>Writes an object.</summary>
    /// <param name="header">Its key, length and metadata.</param>
    /// <param name="content">Exactly as many bytes.</param>
    /// <param name="version">Gives, once the content was read, what the store says identifies it; null if nothing does.</param>
    /// <param name="changed">Tells, once the content was read, whether somebody wrote to it meanwhile.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<IndexEntry> WriteObjectAsync(
        ArchiveObject header, Stream content, Func<string?>? version, Func<bool>? changed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(content);
        ArgumentOutOfRangeException.ThrowIfNegative(header.Length, nameof(header));
        if (EntryName.FaultOfKey(header.Key) is { } fault)
        {
            throw ArchiveException.InvalidRequest($"The object '{header.Key}' cannot be part of a backup: {fault}.");
        }

        var comment = ObjectComment.For(header);
        var json = comment is null ? null : ArchiveJson.Write(comment, ArchiveJson.Readable.ObjectComment);
        if (comment?.Fault is { } wrong || json?.Length > FormatLimits.ObjectCommentBytes)
        {
            throw ArchiveException.InvalidRequest(
                $"The object '{header.Key}' has invalid metadata: {comment!.Fault ?? $"it has {json!.Length} bytes, of {FormatLimits.ObjectCommentBytes} at most"}.");
        }

        var path = PackPath.Object(header.Key);
        var offset = await BeginAsync(path.Path, header.Length, json, countsRows: false, cancellationToken);
        await CopyAsync(header, content, cancellationToken);
        var wasChanged = changed?.Invoke() is true;
        var entry = new IndexEntry
        {
            Path = path.Path,
            Comment = comment,
            Version = wasChanged ? null : version?.Invoke(),
            Changed = wasChanged ? true : null,
        };
        return await EndAsync(entry, offset, header.Length, cancellationToken);
    }

    /// <summary>Writes the ends of all layers and flushes. The pack is whole once this has returned.</summary>
    /// <param name="cancellationToken">Ends the call early; the pack then stays incomplete.</param>
    public async Task<WrittenPack> CompleteAsync(CancellationToken cancellationToken)
    {
        CheckUsable();
        if (IsEmpty)
        {
            throw new InvalidOperationException("A pack without entries is not one.");
        }

        _usable = false;
        await _tar.EndAsync(cancellationToken);
        (var size, var sha256) = await _file.CompleteAsync(cancellationToken);
        var pack = new PackUse { Pack = sha256, Size = size, Entries = _entries.Count, Bytes = _bytes };
        return new WrittenPack(pack, [.. _entries.Select(e => e with { Pack = sha256 })]);
    }

    /// <summary>Releases buffers and keys, and waits for what works on them. Writes nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        _usable = false;
        await _file.DisposeAsync();
        _digest.Dispose();
    }

    private async Task<IndexEntry> WriteDescriptionAsync(PackPath path, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (json.Length > ArchiveLimits.DescriptionBytes)
        {
            throw ArchiveException.InvalidRequest($"'{path.Path}' has {json.Length} bytes; at most {ArchiveLimits.DescriptionBytes} are allowed.");
        }

        var offset = await BeginAsync(path.Path, json.Length, null, countsRows: false, cancellationToken);
        _digest.Add(json.Span);
        await _file.Frames.WriteAsync(json, cancellationToken);
        return await EndAsync(new IndexEntry { Path = path.Path }, offset, json.Length, cancellationToken);
    }

    private async Task<long> BeginAsync(string path, long size, byte[]? comment, bool countsRows, CancellationToken cancellationToken)
    {
        CheckUsable();
        var bytes = Encoding.UTF8.GetBytes(path);
        if (_entries.Count == IndexLimits.PackEntries)
        {
            throw new InvalidOperationException("The pack is full.");
        }

        // Half of a SHA-256 stands for the path, so that memory does not grow with the length of names.
        if (!_paths.Add(BitConverter.ToUInt128(SHA256.HashData(bytes))))
        {
            throw ArchiveException.InvalidRequest($"The entry '{path}' stands in this pack already; a path occurs once in a pack.");
        }

        _usable = false;
        _digest.Begin(countsRows);
        var offset = _file.Frames.Position;
        await _tar.BeginAsync(bytes, size, comment, cancellationToken);
        return offset;
    }

    private async Task<IndexEntry> EndAsync(IndexEntry entry, long offset, long size, CancellationToken cancellationToken)
    {
        await _tar.PadAsync(size, cancellationToken);
        entry = entry with { Size = size, Sha256 = _digest.End(), Offset = offset, Compared = _created };
        _entries.Add(entry);
        _bytes += size;
        _usable = true;
        return entry;
    }

    private async Task CopyAsync(ArchiveObject header, Stream content, CancellationToken cancellationToken)
    {
        var rest = header.Length;
        while (rest > 0)
        {
            var room = await _file.Frames.GetRoomAsync(cancellationToken);
            room = room[..(int)Math.Min(room.Length, rest)];
            var read = await content.ReadAsync(room, cancellationToken);
            if (read == 0)
            {
                throw ArchiveException.InvalidRequest(
                    $"The object '{header.Key}' ended after {header.Length - rest} of {header.Length} bytes. It was changed while it was read.");
            }

            _digest.Add(room.Span[..read]);
            _file.Frames.Advance(read);
            rest -= read;
        }

        if (await content.ReadAsync(new byte[1], cancellationToken) != 0)
        {
            throw ArchiveException.InvalidRequest(
                $"The object '{header.Key}' has more than its {header.Length} bytes. It was changed while it was read.");
        }
    }

    private void CheckUsable()
    {
        if (!_usable)
        {
            throw new InvalidOperationException("The pack is already complete, or an earlier write to it failed.");
        }
    }
}
