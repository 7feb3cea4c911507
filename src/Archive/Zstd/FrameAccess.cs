using System.Buffers.Binary;
using TfeBackup.Archive.Age;

namespace TfeBackup.Archive.Zstd;

/// <summary>Reads any part of the zstd layer's content by its seek table. The frame read last is kept.</summary>
internal sealed class FrameAccess : IDisposable
{
    private readonly ChunkAccess _chunks;
    private readonly FrameDecompressor _decompressor;
    private readonly byte[] _content = new byte[FrameFormat.MaxContent];
    private readonly List<FramePlace> _frames = [];
    private int _loaded = -1;

    private FrameAccess(ChunkAccess chunks, ZstdLibrary zstd)
    {
        _chunks = chunks;
        _decompressor = new FrameDecompressor(zstd);
    }

    /// <summary>The content's bytes.</summary>
    public long Length { get; private set; }

    /// <summary>The content offset of each frame.</summary>
    public long StartOf(int frame) => _frames[frame].ContentOffset;

    /// <summary>The number of frames.</summary>
    public int Count => _frames.Count;

    public static async Task<FrameAccess> OpenAsync(ChunkAccess chunks, ZstdLibrary zstd, CancellationToken cancellationToken)
    {
        var access = new FrameAccess(chunks, zstd);
        try
        {
            await access.ReadSeekTableAsync(cancellationToken);
            return access;
        }
        catch
        {
            access.Dispose();
            throw;
        }
    }

    /// <summary>The content from an offset to the end of its frame; empty at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(long offset, CancellationToken cancellationToken)
    {
        if (offset >= Length)
        {
            return default;
        }

        var frame = Find(offset);
        if (frame != _loaded)
        {
            await LoadAsync(frame, cancellationToken);
        }

        var place = _frames[frame];
        var skip = (int)(offset - place.ContentOffset);
        return _content.AsMemory(skip, (int)place.Entry.Size - skip);
    }

    public void Dispose() => _decompressor.Dispose();

    private async Task ReadSeekTableAsync(CancellationToken cancellationToken)
    {
        var footer = new byte[FrameFormat.SeekFooter];
        var rest = _chunks.Length - FrameFormat.SkippableHeader - FrameFormat.SeekFooter;
        if (rest < 0)
        {
            throw Damaged("it is too short to have one");
        }

        await _chunks.ReadAsync(_chunks.Length - footer.Length, footer, cancellationToken);
        var (count, hasChecksums) = SeekFooter.Read(footer) ?? throw Damaged("it is missing");
        var size = (long)count * SeekEntry.Length(hasChecksums);
        var start = rest - size;
        if (start < 0)
        {
            throw Damaged($"it names {count} frames, more than the file can have");
        }

        var header = new byte[FrameFormat.SkippableHeader];
        await _chunks.ReadAsync(start, header, cancellationToken);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != FrameFormat.SkippableMagic
            || BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4)) != size + FrameFormat.SeekFooter)
        {
            throw Damaged("its beginning does not match its length");
        }

        await ReadEntriesAsync(start, size, hasChecksums, cancellationToken);
    }

    private async Task ReadEntriesAsync(long end, long size, bool hasChecksums, CancellationToken cancellationToken)
    {
        var length = SeekEntry.Length(hasChecksums);
        var buffer = new byte[4096 * length];
        var offset = end + FrameFormat.SkippableHeader;
        long frameOffset = 0;
        while (size > 0)
        {
            var count = (int)Math.Min(buffer.Length, size);
            await _chunks.ReadAsync(offset, buffer.AsMemory(0, count), cancellationToken);
            for (var i = 0; i < count; i += length)
            {
                var entry = SeekEntry.Read(buffer.AsSpan(i), hasChecksums);
                if (entry.Size is 0 or > FrameFormat.MaxContent || entry.CompressedSize > FrameFormat.MaxCompressed
                    || entry.CompressedSize > end - frameOffset)
                {
                    throw Damaged($"frame {_frames.Count} has an impossible size");
                }

                _frames.Add(new FramePlace(frameOffset, Length, entry));
                frameOffset += entry.CompressedSize;
                Length += entry.Size;
            }

            offset += count;
            size -= count;
        }

        if (frameOffset != end)
        {
            throw Damaged("its frames do not fill the file");
        }
    }

    private async Task LoadAsync(int frame, CancellationToken cancellationToken)
    {
        var place = _frames[frame];
        var compressed = new byte[place.Entry.CompressedSize];
        await _chunks.ReadAsync(place.Offset, compressed, cancellationToken);
        _loaded = -1;
        var isAsListed = FrameHeader.IsHeaderOf(compressed, place.Entry)
            && _decompressor.TryDecompress(compressed, _content.AsSpan(0, (int)place.Entry.Size));
        if (!isAsListed)
        {
            throw ArchiveException.Corrupt(
                $"The compressed data is damaged: frame {frame}, at byte {place.Offset} of the decrypted file, does not match the seek table.");
        }

        _loaded = frame;
    }

    private int Find(long offset)
    {
        var low = 0;
        var high = _frames.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_frames[middle].ContentOffset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private static ArchiveException Damaged(string what) =>
        ArchiveException.Corrupt($"The backup's seek table, at the end of the file, is damaged: {what}.");

    private readonly record struct FramePlace(long Offset, long ContentOffset, SeekEntry Entry);
}
