using System.Buffers.Binary;

namespace TfeBackup.Archive.Zstd;

/// <summary>
/// The seek table while its frames are being written: 8 bytes a frame, that is 4 MB for a terabyte of content, in pieces
/// that never have to be copied to grow.
/// </summary>
internal sealed class SeekTableBuilder
{
    private const int EntriesPerPiece = 4096;

    private static readonly int EntryLength = SeekEntry.Length(hasChecksum: false);

    private readonly List<byte[]> _pieces = [];

    public int Count { get; private set; }

    public void Add(SeekEntry entry)
    {
        if (Count == FrameFormat.MaxFrames)
        {
            throw ArchiveException.Unsupported(
                $"The backup is larger than a zstd seek table can describe ({FrameFormat.MaxFrames} frames of {FrameFormat.MaxContent >> 20} MiB).");
        }

        var index = Count % EntriesPerPiece;
        if (index == 0)
        {
            _pieces.Add(new byte[EntriesPerPiece * EntryLength]);
        }

        entry.Write(_pieces[^1].AsSpan(index * EntryLength));
        Count++;
    }

    public async ValueTask WriteAsync(Stream destination, CancellationToken cancellationToken)
    {
        var rest = (long)Count * EntryLength;
        var header = new byte[FrameFormat.SkippableHeader];
        BinaryPrimitives.WriteUInt32LittleEndian(header, FrameFormat.SkippableMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), (uint)(rest + FrameFormat.SeekFooter));
        await destination.WriteAsync(header, cancellationToken);
        foreach (var piece in _pieces)
        {
            var length = (int)Math.Min(rest, piece.Length);
            await destination.WriteAsync(piece.AsMemory(0, length), cancellationToken);
            rest -= length;
        }

        await destination.WriteAsync(new SeekFooter(Count, HasChecksums: false).Write(), cancellationToken);
    }
}
