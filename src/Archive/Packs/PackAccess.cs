using System.Security.Cryptography;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Tar;
using TfeBackup.Archive.Zstd;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// Reads single entries of a pack by ranges of its file: its end, and the frames that hold the entry. Each entry is compared with what an
/// index says of it; the pack as a whole is not. Not thread-safe.
/// </summary>
public sealed class PackAccess : IDisposable
{
    private readonly ChunkAccess _chunks;
    private readonly FrameAccess _frames;
    private readonly TarHeaderReader _headers;
    private readonly string _name;
    private long _position;

    private PackAccess(ChunkAccess chunks, FrameAccess frames, string name)
    {
        _chunks = chunks;
        _frames = frames;
        _name = name;
        _headers = new TarHeaderReader(ReadExactlyAsync);
    }

    /// <summary>Opens a pack by its end.</summary>
    /// <param name="source">The file, seekable; each read of it is of one contiguous range. Stays open.</param>
    /// <param name="pack">Its name.</param>
    /// <param name="identity">The repository's identity.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException">As <see cref="PackReader.OpenAsync"/>.</exception>
    public static async Task<PackAccess> OpenAsync(Stream source, string pack, AgeIdentity identity, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(identity);
        var name = PackReader.NameOf(pack);
        ChunkAccess? chunks = null;
        byte[] fileKey = [];
        try
        {
            source.Position = 0;
            var header = await AgeHeader.ReadAsync(source, cancellationToken);
            fileKey = AgeIdentity.Unwrap(header, [identity]);
            chunks = await ChunkAccess.OpenAsync(header, source, fileKey, cancellationToken);
            return new PackAccess(chunks, await FrameAccess.OpenAsync(chunks, ZstdLibrary.Preferred, cancellationToken), name);
        }
        catch (Exception e)
        {
            chunks?.Dispose();
            if (e is ArchiveException archive)
            {
                throw Named(name, archive);
            }

            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
        }
    }

    /// <summary>
    /// The content of an entry. Its stream throws at its end if it is not what the index says; it is of use until another call.
    /// </summary>
    /// <param name="entry">An entry of a signed index that names this pack.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.Corrupt"/> if the entry is not there.</exception>
    public async Task<Stream> OpenEntryAsync(IndexEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Offset is not { } offset || offset >= _frames.Length)
        {
            throw ArchiveException.Corrupt($"{_name} does not hold '{entry.Path}' at byte {entry.Offset}, where the index places it.");
        }

        try
        {
            _position = offset;
            var header = await _headers.ReadAsync(offset, null, cancellationToken);
            PackVerifier.CheckHeader(entry, header, _name);
        }
        catch (ArchiveException e)
        {
            throw Named(_name, e);
        }

        var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var position = _position;
        var rest = entry.Size!.Value;
        if (rest == 0 && entry.Sha256 != Convert.ToHexStringLower(digest.GetHashAndReset()))
        {
            throw Differs(entry);
        }

        return new EntryContentStream(rest, ReadAsync);

        async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
        {
            if (rest == 0 || buffer.IsEmpty)
            {
                return 0;
            }

            var content = await PeekAsync(position, cancellation);
            content = content[..(int)Math.Min(Math.Min(content.Length, buffer.Length), rest)];
            content.CopyTo(buffer);
            digest.AppendData(content.Span);
            position += content.Length;
            rest -= content.Length;
            return rest > 0 || Convert.ToHexStringLower(digest.GetHashAndReset()) == entry.Sha256 ? content.Length : throw Differs(entry);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _frames.Dispose();
        _chunks.Dispose();
    }

    private async ValueTask ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var content = await PeekAsync(_position, cancellationToken);
            var count = Math.Min(content.Length, buffer.Length);
            content[..count].CopyTo(buffer);
            _position += count;
            buffer = buffer[count..];
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> PeekAsync(long position, CancellationToken cancellationToken)
    {
        try
        {
            var content = await _frames.PeekAsync(position, cancellationToken);
            return content.IsEmpty ? throw ArchiveException.Corrupt($"It ends at byte {_frames.Length} of its tar, where more must follow.") : content;
        }
        catch (ArchiveException e)
        {
            throw Named(_name, e);
        }
    }

    private static ArchiveException Named(string name, ArchiveException e) =>
        e.Message.StartsWith(name, StringComparison.Ordinal) ? e : new(e.Error, $"{name} cannot be read. {e.Message}");

    private ArchiveException Differs(IndexEntry entry) =>
        ArchiveException.Corrupt($"{_name} does not hold '{entry.Path}' as the index says: its SHA-256 differs.");
}
