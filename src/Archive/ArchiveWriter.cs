using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;
using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive;

/// <summary>
/// Writes a backup (FORMAT.md): schema, table parts, sequences, objects, in this order. Memory does not depend on how much is
/// written. Not thread-safe: the caller makes one call after the other.
/// </summary>
/// <remarks>
/// Only <see cref="CompleteAsync"/> makes a backup: whatever ends before, also by disposing, every reader recognises as
/// truncated. After an exception the writer is of no further use.
/// </remarks>
public sealed class ArchiveWriter : IAsyncDisposable
{
    // 512 KiB a job: long enough to be worth a thread's while, short enough for several at once.
    private const int ChunksPerJob = 8;

    private readonly AgeEncryptingStream _age;
    private readonly FrameWriter _frames;
    private readonly TarWriter _tar;
    private readonly BackupInfo _info;
    private readonly EntryOrder _order = new(ArchiveError.InvalidRequest);
    private readonly Tally _tally = new();
    private readonly EntryDigest _digest = new();
    private readonly ArrayBufferWriter<byte> _lines = new();
    private readonly List<ManifestPart> _parts = [];
    private int _lineCount;
    private int _remarks;
    private bool _usable = true;
    private bool _disposed;

    private ArchiveWriter(AgeEncryptingStream age, BackupInfo info, ArchiveWriterOptions options)
    {
        _age = age;
        _info = info;
        _frames = new FrameWriter(age, options.CompressionLevel, options.Parallelism + 1, options.Zstd);
        _tar = new TarWriter(_frames, info.Created.ToUnixTimeSeconds());
    }

    /// <summary>Begins a backup: derives the key, then writes the header.</summary>
    /// <param name="destination">Takes the file; stays open.</param>
    /// <param name="password">Encrypts it; taken as UTF-8.</param>
    /// <param name="info">The content of <c>backup.json</c>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/>, before anything is written.</exception>
    public static async Task<ArchiveWriter> CreateAsync(
        Stream destination,
        string password,
        BackupInfo info,
        ArchiveWriterOptions? options,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(info);
        options ??= new ArchiveWriterOptions();
        options.Check();
        AgePassword.CheckPassword(password);
        CheckInfo(info with { Created = info.Created.ToUniversalTime() });
        using var key = await ArchiveKey.CreateAsync(password, options.WorkFactor, cancellationToken);
        return await CreateAsync(destination, key, info, options, cancellationToken);
    }

    /// <summary>Begins a backup with a key that was made before.</summary>
    /// <param name="destination">Takes the file; stays open.</param>
    /// <param name="key">Encrypts it; of no further use, for each backup has its own.</param>
    /// <param name="info">What <c>backup.json</c> says.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/>, before anything is written.</exception>
    public static async Task<ArchiveWriter> CreateAsync(
        Stream destination, ArchiveKey key, BackupInfo info, ArchiveWriterOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(info);
        options ??= new ArchiveWriterOptions();
        options.Check();
        info = info with { Created = info.Created.ToUniversalTime() };
        var json = CheckInfo(info);

        var fileKey = key.Take();
        AgeEncryptingStream age;
        try
        {
            age = await AgeFile.CreateEncryptingStreamAsync(
                destination, [key.Stanza], fileKey, ChunksPerJob, options.Parallelism + 1, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }

        var writer = new ArchiveWriter(age, info, options);
        await writer.WriteEntryAsync(EntryName.BackupInfo, json, cancellationToken);
        return writer;
    }

    /// <summary>Writes <c>database/schema.json</c>; once, first of all.</summary>
    /// <param name="json">Its content.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task WriteSchemaAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        WriteDescriptionAsync(EntryName.Schema, json, cancellationToken);

    /// <summary>
    /// Writes the next part of a table. Tables may alternate, except that after a part that ends within a row the next one has
    /// to be of the same table. A table without rows has one empty part.
    /// </summary>
    /// <param name="schema">The table's schema, unquoted.</param>
    /// <param name="table">The table's name, unquoted.</param>
    /// <param name="data">COPY text; the rows in it are counted by their line feeds.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task WritePartAsync(string schema, string table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var name = NamePart(schema, table);
        await WriteEntryAsync(name, data, cancellationToken);
        _order.EndPart(name, data.Length, _digest.EndsRow);
        await WriteManifestPartIfDueAsync(cancellationToken);
    }

    /// <summary>Writes <c>database/sequences.json</c>; once, behind the tables.</summary>
    /// <param name="json">Its content.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task WriteSequencesAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        WriteDescriptionAsync(EntryName.Sequences, json, cancellationToken);

    /// <summary>Writes an object; behind the sequences, in ascending order of the keys' UTF-8 bytes.</summary>
    /// <param name="header">Its key, length and metadata.</param>
    /// <param name="content">Its bytes, exactly <see cref="ArchiveObject.Length"/> of them; stays open.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <param name="changed">
    /// Asked once the content has ended: whether somebody wrote to the object while it was read, so that a part of it may be older than the rest.
    /// The manifest marks it then. Null for never.
    /// </param>
    /// <exception cref="ArchiveException">
    /// <see cref="ArchiveError.InvalidRequest"/> for a key or metadata the format cannot hold, and for content of another length.
    /// </exception>
    public async Task WriteObjectAsync(
        ArchiveObject header, Stream content, CancellationToken cancellationToken, Func<bool>? changed = null)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(content);
        ArgumentOutOfRangeException.ThrowIfNegative(header.Length, nameof(header));
        CheckKey(header.Key);
        var name = EntryName.Object(header.Key);
        var comment = WriteComment(header);
        var offset = await BeginEntryAsync(name, header.Length, comment, cancellationToken);
        await CopyAsync(header, content, cancellationToken);
        await EndEntryAsync(name, offset, header.Length, cancellationToken, changed?.Invoke() ?? false);
        await WriteManifestPartIfDueAsync(cancellationToken);
    }

    /// <summary>Notes in the manifest that an object was listed and then was not there.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task WriteVanishedAsync(string key, CancellationToken cancellationToken)
    {
        CheckUsable();
        CheckKey(key);
        _tally.Vanished++;
        AddLine(new ManifestLine { Vanished = key });
        await WriteManifestPartIfDueAsync(cancellationToken);
    }

    /// <summary>Notes in the manifest what was found in a column that is declared encrypted.</summary>
    /// <param name="column">The column, and the counts.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task WriteColumnAsync(ArchiveColumn column, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(column);
        return WriteRemarkAsync(new ManifestLine { Column = column.Name, Decrypted = column.Decrypted, Plain = column.Plain }, cancellationToken);
    }

    /// <summary>Notes in the manifest that rows break a constraint which is said to hold.</summary>
    /// <param name="constraint">The constraint and its table.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task WriteBrokenAsync(string constraint, CancellationToken cancellationToken) =>
        WriteRemarkAsync(new ManifestLine { Broken = constraint }, cancellationToken);

    /// <summary>Writes the manifest and the ends of all layers, and flushes. The backup is whole once this has returned.</summary>
    /// <param name="cancellationToken">Ends the call early; the backup then stays incomplete.</param>
    /// <returns>The totals.</returns>
    public async Task<ArchiveSummary> CompleteAsync(CancellationToken cancellationToken)
    {
        CheckUsable();
        _order.Accept(EntryName.Manifest, _info.ObjectsIncluded);
        if (_lineCount > 0)
        {
            await WriteManifestPartAsync(cancellationToken);
        }

        _usable = false;
        var manifest = _tally.ToManifest(_info.Id, _order.Tables, _parts);
        var json = ArchiveJson.Write(manifest, ArchiveJson.Readable.Manifest);
        if (json.Length > FormatLimits.ManifestBytes)
        {
            throw ArchiveException.Unsupported($"The backup has {_tally.Entries} entries, more than its manifest can list.");
        }

        // In a frame of its own, so that a reader that begins at the file's end finds it with the last frame.
        await _frames.EndFrameAsync(cancellationToken);
        await _tar.BeginAsync(Encoding.UTF8.GetBytes(EntryName.ManifestPath), json.Length, null, cancellationToken);
        await _frames.WriteAsync(json, cancellationToken);
        await _tar.PadAsync(json.Length, cancellationToken);
        await _tar.EndAsync(cancellationToken);
        await _frames.CompleteAsync(cancellationToken);
        await _age.CompleteAsync(cancellationToken);
        return Tally.Summarise(manifest, Convert.ToHexStringLower(SHA256.HashData(json)));
    }

    /// <summary>Releases buffers and keys, and waits for what works on them. Writes nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _usable = false;
            await _frames.DisposeAsync();
            await _age.DisposeAsync();
            _digest.Dispose();
        }
    }

    private static byte[] CheckInfo(BackupInfo info)
    {
        if (info.Format != BackupInfo.CurrentFormat)
        {
            throw ArchiveException.InvalidRequest($"This writer writes format {BackupInfo.CurrentFormat}, not {info.Format}.");
        }

        // What eleven octal digits of seconds hold: until the year 2242.
        if (info.Created.ToUnixTimeSeconds() is < 0 or >= 1L << 33)
        {
            throw ArchiveException.InvalidRequest($"The time {info.Created:O} does not fit a tar header.");
        }

        var json = ArchiveJson.Write(info, ArchiveJson.Readable.BackupInfo);
        return json.Length <= FormatLimits.BackupInfoBytes
            ? json
            : throw ArchiveException.InvalidRequest($"'{EntryName.BackupInfoPath}' has {json.Length} bytes; at most {FormatLimits.BackupInfoBytes} are allowed.");
    }

    private static void CheckKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (EntryName.FaultOfKey(key) is { } fault)
        {
            throw ArchiveException.InvalidRequest($"The object '{key}' cannot be part of a backup: {fault}.");
        }
    }

    private static byte[]? WriteComment(ArchiveObject header)
    {
        var comment = ObjectComment.For(header);
        if (comment?.Fault is { } fault)
        {
            throw ArchiveException.InvalidRequest($"The object '{header.Key}' has invalid metadata: {fault}.");
        }

        var json = comment is null ? null : ArchiveJson.Write(comment, ArchiveJson.Readable.ObjectComment);
        return json is null || json.Length <= FormatLimits.ObjectCommentBytes
            ? json
            : throw ArchiveException.InvalidRequest(
                $"The metadata of the object '{header.Key}' has {json.Length} bytes; at most {FormatLimits.ObjectCommentBytes} are allowed.");
    }

    private EntryName NamePart(string schema, string table)
    {
        ArgumentException.ThrowIfNullOrEmpty(schema);
        ArgumentException.ThrowIfNullOrEmpty(table);
        try
        {
            return EntryName.TablePart(schema, table, _order.NextPart(schema, table));
        }
        catch (EncoderFallbackException)
        {
            throw ArchiveException.InvalidRequest($"The table name '{schema}.{table}' is not valid Unicode text.");
        }
    }

    private async Task WriteDescriptionAsync(EntryName name, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (json.Length > ArchiveLimits.DescriptionBytes)
        {
            throw ArchiveException.InvalidRequest(
                $"'{name.Path}' has {json.Length} bytes; at most {ArchiveLimits.DescriptionBytes} are allowed.");
        }

        await WriteEntryAsync(name, json, cancellationToken);
        await WriteManifestPartIfDueAsync(cancellationToken);
    }

    private async Task WriteEntryAsync(EntryName name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var offset = await BeginEntryAsync(name, content.Length, null, cancellationToken);
        _digest.Add(content.Span);
        await _frames.WriteAsync(content, cancellationToken);
        await EndEntryAsync(name, offset, content.Length, cancellationToken);
    }

    /// <summary>Writes an entry's headers; until it has ended the writer is broken.</summary>
    private async Task<long> BeginEntryAsync(EntryName name, long size, byte[]? comment, CancellationToken cancellationToken)
    {
        CheckUsable();
        _order.Accept(name, _info.ObjectsIncluded);
        _usable = false;
        _digest.Begin(countsRows: name.Kind == EntryNameKind.TablePart);
        var offset = _frames.Position;
        await _tar.BeginAsync(Encoding.UTF8.GetBytes(name.Path), size, comment, cancellationToken);
        return offset;
    }

    private async Task EndEntryAsync(EntryName name, long offset, long size, CancellationToken cancellationToken, bool changed = false)
    {
        await _tar.PadAsync(size, cancellationToken);
        var hasRows = name.Kind == EntryNameKind.TablePart;
        _tally.Add(name, size, _digest.Rows);
        AddLine(new ManifestLine
        {
            Path = name.Path,
            Offset = offset,
            Size = size,
            Sha256 = _digest.End(),
            Rows = hasRows ? _digest.Rows : null,
            Changed = changed ? true : null,
        });
        _tally.Changed += changed ? 1 : 0;
        _usable = true;
    }

    private async Task CopyAsync(ArchiveObject header, Stream content, CancellationToken cancellationToken)
    {
        var rest = header.Length;
        while (rest > 0)
        {
            var room = await _frames.GetRoomAsync(cancellationToken);
            room = room[..(int)Math.Min(room.Length, rest)];
            var read = await content.ReadAsync(room, cancellationToken);
            if (read == 0)
            {
                throw ArchiveException.InvalidRequest(
                    $"The object '{header.Key}' ended after {header.Length - rest} of {header.Length} bytes. It was changed while it was read.");
            }

            _digest.Add(room.Span[..read]);
            _frames.Advance(read);
            rest -= read;
        }

        if (await content.ReadAsync(new byte[1], cancellationToken) != 0)
        {
            throw ArchiveException.InvalidRequest(
                $"The object '{header.Key}' has more than its {header.Length} bytes. It was changed while it was read.");
        }
    }

    private async Task WriteRemarkAsync(ManifestLine line, CancellationToken cancellationToken)
    {
        CheckUsable();
        if (++_remarks > FormatLimits.Remarks)
        {
            throw ArchiveException.Unsupported($"The backup has more than {FormatLimits.Remarks} remarks on columns and constraints.");
        }

        AddLine(line);
        await WriteManifestPartIfDueAsync(cancellationToken);
    }

    private void AddLine(ManifestLine line)
    {
        _lines.Write(ArchiveJson.Write(line, ArchiveJson.Readable.ManifestLine));
        _lines.Write("\n"u8);
        _lineCount++;
    }

    private Task WriteManifestPartIfDueAsync(CancellationToken cancellationToken) =>
        _lineCount >= FormatLimits.ManifestPartLines || _lines.WrittenCount >= FormatLimits.ManifestPartTarget
            ? WriteManifestPartAsync(cancellationToken)
            : Task.CompletedTask;

    private async Task WriteManifestPartAsync(CancellationToken cancellationToken)
    {
        _usable = false;
        var name = EntryName.ManifestPart(_parts.Count);
        var offset = _frames.Position;
        await _tar.BeginAsync(Encoding.UTF8.GetBytes(name.Path), _lines.WrittenCount, null, cancellationToken);
        await _frames.WriteAsync(_lines.WrittenMemory, cancellationToken);
        await _tar.PadAsync(_lines.WrittenCount, cancellationToken);
        _parts.Add(new ManifestPart
        {
            Path = name.Path,
            Offset = offset,
            Size = _lines.WrittenCount,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(_lines.WrittenSpan)),
            Lines = _lineCount,
        });
        _lines.ResetWrittenCount();
        _lineCount = 0;
        _usable = true;
    }

    private void CheckUsable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_usable)
        {
            throw new InvalidOperationException("The backup is already complete, or an earlier write to it failed.");
        }
    }
}
