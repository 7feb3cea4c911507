using System.Security.Cryptography;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;
using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive;

/// <summary>
/// Reads a backup (FORMAT.md) from a stream, from its start to its end, in bounded memory whatever the stream holds. It
/// accepts only what a writer writes; anything else throws <see cref="ArchiveException"/>. Not thread-safe.
/// </summary>
/// <remarks>
/// Nothing that was read counts until <see cref="ReadAsync"/> has returned null: only then is it proven that nothing is
/// missing, altered or added. After an exception the reader is of no further use.
/// </remarks>
public sealed class ArchiveReader : IAsyncDisposable
{
    private const int ChunksPerBatch = 8;

    private readonly AgeDecryptingStream _age;
    private readonly FrameReader _frames;
    private readonly TarHeaderReader _headers;
    private readonly EntryOrder _order = new(ArchiveError.Corrupt);
    private readonly Tally _tally = new();
    private readonly EntryDigest _digest = new();
    private readonly ManifestCheck _manifest;
    private long? _modified;
    private TarEntry? _header;
    private EntryName? _name;
    private EntryContentStream? _content;
    private long _rest;
    private ArchiveSummary? _summary;
    private bool _usable = true;
    private bool _disposed;

    private ArchiveReader(AgeDecryptingStream age, ArchiveReaderOptions options)
    {
        _age = age;
        _frames = new FrameReader(age, options.Parallelism + 1, options.Zstd);
        _headers = new TarHeaderReader(ReadExactlyAsync);
        _manifest = new ManifestCheck(_tally);
        Info = null!;
    }

    /// <summary>The content of <c>backup.json</c>.</summary>
    public BackupInfo Info { get; private set; }

    /// <summary>The totals; available once <see cref="ReadAsync"/> has returned null.</summary>
    public ArchiveSummary Summary =>
        _summary ?? throw new InvalidOperationException("The backup has not been read to its end.");

    /// <summary>Counts for the columns that are declared encrypted, as far as the manifest has been read.</summary>
    public IReadOnlyList<ArchiveColumn> Columns => _tally.Columns;

    /// <summary>The constraints that rows break although the source says that they hold, as far as the manifest has been read.</summary>
    public IReadOnlyList<string> Broken => _tally.Broken;

    /// <summary>Opens a backup: derives the key, checks the header and reads <c>backup.json</c>.</summary>
    /// <param name="source">The file, at its start; need not be seekable; stays open. It is read ahead of what is asked for.</param>
    /// <param name="password">The password it was made with; taken as UTF-8.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException">
    /// <see cref="ArchiveError.WrongPassword"/>, <see cref="ArchiveError.Corrupt"/>, <see cref="ArchiveError.Unsupported"/>, or
    /// <see cref="ArchiveError.InvalidRequest"/> for a password that cannot be one.
    /// </exception>
    public static async Task<ArchiveReader> OpenAsync(
        Stream source, string password, ArchiveReaderOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new ArchiveReaderOptions();
        options.Check();
        AgePassword.CheckPassword(password);
        var header = await AgeHeader.ReadAsync(source, cancellationToken);
        var fileKey = await AgePassword.UnwrapAsync(header, password, options.MaxWorkFactor, cancellationToken);
        AgeDecryptingStream age;
        try
        {
            age = await AgeFile.CreateDecryptingStreamAsync(
                header, source, fileKey, ChunksPerBatch, options.Parallelism + 2, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }

        var reader = new ArchiveReader(age, options);
        try
        {
            await reader.ReadInfoAsync(cancellationToken);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Goes to the next entry; what was not read of the one before is read now. Null only once everything is proven: the
    /// manifest agrees with every entry, every layer ended as it should, and so did the source.
    /// </summary>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<ArchiveEntry?> ReadAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_summary is not null)
        {
            return null;
        }

        CheckUsable();
        _usable = false;
        await EndEntryAsync(cancellationToken);
        var entry = await NextEntryAsync(cancellationToken);
        _usable = entry is not null;
        return entry;
    }

    /// <summary>Releases buffers and keys, and waits for what works on them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _usable = false;
            if (_content is not null)
            {
                await _content.DisposeAsync();
            }

            await _frames.DisposeAsync();
            await _age.DisposeAsync();
            _digest.Dispose();
        }
    }

    private async Task ReadInfoAsync(CancellationToken cancellationToken)
    {
        _usable = false;
        if (!await BeginEntryAsync(cancellationToken) || _name!.Kind != EntryNameKind.BackupInfo)
        {
            throw ArchiveException.Corrupt(
                $"The file is encrypted with this password, but it is not a backup: '{EntryName.BackupInfoPath}' is not its first entry.");
        }

        var json = await ReadWholeAsync(FormatLimits.BackupInfoBytes, cancellationToken);
        Info = BackupDescription.Read(json, _header!.Modified);
        _usable = true;
    }

    private async Task<ArchiveEntry?> NextEntryAsync(CancellationToken cancellationToken)
    {
        while (await BeginEntryAsync(cancellationToken))
        {
            switch (_name!.Kind)
            {
                case EntryNameKind.ManifestPart:
                    var lines = await ReadWholeAsync(FormatLimits.ManifestPartBytes, cancellationToken);
                    _manifest.CheckPart(_name.Path, _header!.Offset, lines);
                    await EndEntryAsync(cancellationToken);
                    break;
                case EntryNameKind.Manifest:
                    var manifest = await ReadWholeAsync(FormatLimits.ManifestBytes, cancellationToken);
                    var summary = _manifest.CheckManifest(manifest, Info.Id, _order.Tables);
                    await EndEntryAsync(cancellationToken);
                    await ReadEndAsync(cancellationToken);
                    _summary = summary;
                    return null;
                case EntryNameKind.Schema:
                    return CreateEntry(ArchiveEntryKind.Schema, ArchiveLimits.DescriptionBytes, null);
                case EntryNameKind.Sequences:
                    return CreateEntry(ArchiveEntryKind.Sequences, ArchiveLimits.DescriptionBytes, null);
                case EntryNameKind.TablePart:
                    return CreateEntry(ArchiveEntryKind.TablePart, long.MaxValue, null);
                default:
                    return CreateEntry(ArchiveEntryKind.Object, long.MaxValue, ObjectDescription.Read(_name, _header!));
            }
        }

        throw ArchiveException.Corrupt($"The backup ends without its manifest, '{EntryName.ManifestPath}': part of it is missing.");
    }

    private ArchiveEntry CreateEntry(ArchiveEntryKind kind, long limit, ArchiveObject? item)
    {
        CheckSize(limit);
        _content = new EntryContentStream(_header!.Size, ReadContentAsync);
        return new ArchiveEntry(kind, _name!, _header.Size, item, _content);
    }

    /// <summary>Reads the next entry's headers; false at the tar's end.</summary>
    private async Task<bool> BeginEntryAsync(CancellationToken cancellationToken)
    {
        var beginsFrame = _frames.IsAtFrameStart;
        _header = await _headers.ReadAsync(_frames.Position, _modified, cancellationToken);
        if (_header is null)
        {
            return false;
        }

        _modified = _header.Modified;
        _name = EntryName.Of(_header);
        _order.Accept(_name, Info?.ObjectsIncluded ?? false);
        if (_header.Comment is not null && _name.Kind != EntryNameKind.Object)
        {
            throw ArchiveException.Corrupt($"The entry '{_name.Path}' has a pax comment, which only objects have.");
        }

        if (_name.Kind == EntryNameKind.Manifest && !beginsFrame)
        {
            throw ArchiveException.Corrupt($"'{_name.Path}' does not begin a frame of its own, so reading from the end would not find it.");
        }

        _rest = _header.Size;
        _digest.Begin(countsRows: _name.Kind == EntryNameKind.TablePart);
        return true;
    }

    /// <summary>Reads what is left of the entry, and takes it down for the manifest.</summary>
    private async Task EndEntryAsync(CancellationToken cancellationToken)
    {
        if (_header is null || _name is null)
        {
            return;
        }

        if (_content is not null)
        {
            await _content.DisposeAsync();
            _content = null;
        }

        while (_rest > 0)
        {
            var content = await PeekContentAsync(cancellationToken);
            Take(content.Span);
        }

        var padding = new byte[TarFormat.Padding(_header.Size)];
        await ReadExactlyAsync(padding, cancellationToken);
        if (padding.AsSpan().ContainsAnyExcept((byte)0))
        {
            throw ArchiveException.Corrupt($"The entry '{_name.Path}' is not padded with zeros.");
        }

        var sha256 = _digest.End();
        if (_name.Kind == EntryNameKind.TablePart)
        {
            _order.EndPart(_name, _header.Size, _digest.EndsRow);
        }

        if (_name.Kind is not (EntryNameKind.ManifestPart or EntryNameKind.Manifest))
        {
            var hasRows = _name.Kind == EntryNameKind.TablePart;
            _tally.Add(_name, _header.Size, _digest.Rows);
            _manifest.Add(new ManifestLine
            {
                Path = _name.Path,
                Offset = _header.Offset,
                Size = _header.Size,
                Sha256 = sha256,
                Rows = hasRows ? _digest.Rows : null,
            });
        }

        _header = null;
        _name = null;
    }

    private async Task ReadEndAsync(CancellationToken cancellationToken)
    {
        if (await BeginEntryAsync(cancellationToken))
        {
            throw ArchiveException.Corrupt($"The entry '{_name!.Path}' follows '{EntryName.ManifestPath}', which must be the last.");
        }

        // An empty answer means that the seek table, the last chunk and the end of the source were all as they should be.
        if (!(await _frames.PeekAsync(cancellationToken)).IsEmpty)
        {
            throw ArchiveException.Corrupt($"Data follows the end of the tar, at byte {_frames.Position} of it.");
        }
    }

    private async ValueTask<int> ReadContentAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        CheckUsable();
        if (_rest == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        _usable = false;
        var content = await PeekContentAsync(cancellationToken);
        content = content[..Math.Min(content.Length, buffer.Length)];
        content.CopyTo(buffer);
        Take(content.Span);
        _usable = true;
        return content.Length;
    }

    private async ValueTask<ReadOnlyMemory<byte>> PeekContentAsync(CancellationToken cancellationToken)
    {
        var content = await _frames.PeekAsync(cancellationToken);
        if (content.IsEmpty)
        {
            throw ArchiveException.Corrupt(
                $"The backup ends within '{_name!.Path}': {_rest} of its {_header!.Size} bytes are missing, or its size is wrong.");
        }

        return content[..(int)Math.Min(content.Length, _rest)];
    }

    private void Take(ReadOnlySpan<byte> content)
    {
        _digest.Add(content);
        _frames.Advance(content.Length);
        _rest -= content.Length;
    }

    private async Task<byte[]> ReadWholeAsync(long limit, CancellationToken cancellationToken)
    {
        CheckSize(limit);
        var whole = new MemoryStream();
        while (_rest > 0)
        {
            // Grows with what is there, not with what the header claims.
            var content = await PeekContentAsync(cancellationToken);
            whole.Write(content.Span);
            Take(content.Span);
        }

        return whole.ToArray();
    }

    private void CheckSize(long limit)
    {
        if (_header!.Size > limit)
        {
            throw ArchiveException.Corrupt($"The entry '{_name!.Path}' has {_header.Size} bytes; at most {limit} are allowed.");
        }
    }

    private async ValueTask ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var content = await _frames.PeekAsync(cancellationToken);
            if (content.IsEmpty)
            {
                throw ArchiveException.Corrupt(
                    $"The backup ends at byte {_frames.Position} of its tar, where more must follow: part of it is missing.");
            }

            var count = Math.Min(content.Length, buffer.Length);
            content[..count].CopyTo(buffer);
            _frames.Advance(count);
            buffer = buffer[count..];
        }
    }

    private void CheckUsable()
    {
        if (!_usable)
        {
            throw new InvalidOperationException("An earlier read of this backup failed or is still in progress.");
        }
    }
}
