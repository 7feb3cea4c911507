using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;
using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive;

/// <summary>
/// Reads a backup from its end: what is in it, and single entries, in a few kilobytes and the entry's own frames of a file of
/// any size. Everything it yields is authentic, but only <see cref="ArchiveVerifier"/> proves the backup whole. Not thread-safe.
/// </summary>
public sealed class ArchiveIndex : IAsyncDisposable
{
    private readonly ChunkAccess _chunks;
    private readonly FrameAccess _frames;
    private readonly TarHeaderReader _headers;
    private readonly Manifest _manifest;
    private readonly long _modified;
    private long _position;

    private ArchiveIndex(ChunkAccess chunks, FrameAccess frames, BackupInfo info, Manifest manifest, ArchiveSummary summary)
    {
        _chunks = chunks;
        _frames = frames;
        _headers = new TarHeaderReader(ReadExactlyAsync);
        _manifest = manifest;
        _modified = info.Created.ToUnixTimeSeconds();
        Info = info;
        Summary = summary;
    }

    /// <summary>The content of <c>backup.json</c>.</summary>
    public BackupInfo Info { get; }

    /// <summary>The totals, as <c>manifest.json</c> says.</summary>
    public ArchiveSummary Summary { get; }

    /// <summary>Opens a backup by its end.</summary>
    /// <param name="source">The file, seekable; each read of it is of one contiguous range. Stays open.</param>
    /// <param name="password">The password it was made with.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException">As <see cref="ArchiveReader.OpenAsync"/>.</exception>
    public static async Task<ArchiveIndex> OpenAsync(
        Stream source, string password, ArchiveReaderOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new ArchiveReaderOptions();
        options.Check();
        AgePassword.CheckPassword(password);
        source.Position = 0;
        var header = await AgeHeader.ReadAsync(source, cancellationToken);
        var fileKey = await AgePassword.UnwrapAsync(header, password, options.MaxWorkFactor, cancellationToken);
        ChunkAccess? chunks = null;
        FrameAccess? frames = null;
        try
        {
            chunks = await ChunkAccess.OpenAsync(header, source, fileKey, cancellationToken);
            frames = await FrameAccess.OpenAsync(chunks, options.Zstd, cancellationToken);
            return await new IndexOpener(frames).OpenAsync(
                (info, manifest, summary) => new ArchiveIndex(chunks, frames, info, manifest, summary), cancellationToken);
        }
        catch
        {
            frames?.Dispose();
            chunks?.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }
    }

    /// <summary>The entries in the order they stand; a manifest part's worth of them in memory at a time.</summary>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async IAsyncEnumerable<ArchiveIndexEntry> ReadEntriesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var part in _manifest.Parts)
        {
            var content = await ReadPartAsync(part, cancellationToken);
            foreach ((var line, var where) in ManifestLines.Read(part.Path, content))
            {
                if (line.IsEntry)
                {
                    yield return line is { Path: not null, Offset: >= 0, Size: >= 0, Sha256: not null }
                        ? new ArchiveIndexEntry(line)
                        : throw ArchiveException.Corrupt($"{where} does not describe an entry.");
                }
            }
        }
    }

    /// <summary>The keys of the objects that were listed but vanished before they could be read.</summary>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async IAsyncEnumerable<string> ReadVanishedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var part in _manifest.Parts)
        {
            var content = await ReadPartAsync(part, cancellationToken);
            foreach ((var line, _) in ManifestLines.Read(part.Path, content))
            {
                if (line.Vanished is not null)
                {
                    yield return line.Vanished;
                }
            }
        }
    }

    /// <summary>
    /// The content of an entry. Its stream throws at its end if it is not what the manifest says; it is of use until another
    /// call of this index.
    /// </summary>
    /// <param name="entry">One of <see cref="ReadEntriesAsync"/>.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task<Stream> OpenEntryAsync(ArchiveIndexEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        await ReadHeaderAsync(entry.Path, entry.Offset, entry.Size, cancellationToken);
        var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var position = _position;
        var rest = entry.Size;
        return new EntryContentStream(entry.Size, ReadAsync);

        async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
        {
            if (rest == 0 || buffer.IsEmpty)
            {
                return 0;
            }

            var content = await _frames.PeekAsync(position, cancellation);
            if (content.IsEmpty)
            {
                throw ArchiveException.Corrupt($"The backup ends within '{entry.Path}': {rest} bytes of it are missing.");
            }

            content = content[..(int)Math.Min(Math.Min(content.Length, buffer.Length), rest)];
            content.CopyTo(buffer);
            digest.AppendData(content.Span);
            position += content.Length;
            rest -= content.Length;
            if (rest == 0 && Convert.ToHexStringLower(digest.GetHashAndReset()) != entry.Sha256)
            {
                throw ArchiveException.Corrupt($"The content of '{entry.Path}' does not match the manifest: its SHA-256 differs.");
            }

            return content.Length;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _frames.Dispose();
        _chunks.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<byte[]> ReadPartAsync(ManifestPart part, CancellationToken cancellationToken)
    {
        if (part.Size is < 0 or > FormatLimits.ManifestPartBytes)
        {
            throw ArchiveException.Corrupt($"'{part.Path}' has {part.Size} bytes; at most {FormatLimits.ManifestPartBytes} are allowed.");
        }

        await ReadHeaderAsync(part.Path, part.Offset, part.Size, cancellationToken);
        var content = new byte[part.Size];
        await ReadExactlyAsync(content, cancellationToken);
        return Convert.ToHexStringLower(SHA256.HashData(content)) == part.Sha256
            ? content
            : throw ArchiveException.Corrupt($"'{part.Path}' does not match '{EntryName.ManifestPath}': its SHA-256 differs.");
    }

    private async Task ReadHeaderAsync(string path, long offset, long size, CancellationToken cancellationToken)
    {
        if (offset < 0 || offset >= _frames.Length)
        {
            throw ArchiveException.Corrupt($"The manifest places '{path}' at byte {offset}, which is outside the tar.");
        }

        _position = offset;
        var header = await _headers.ReadAsync(offset, _modified, cancellationToken);
        if (header is null || header.Size != size || EntryName.Of(header).Path != path)
        {
            throw ArchiveException.Corrupt($"'{path}' is not at byte {offset} of the tar, where the manifest places it.");
        }
    }

    private async ValueTask ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await IndexOpener.ReadExactlyAsync(_frames, _position, buffer, cancellationToken);
        _position += buffer.Length;
    }
}
