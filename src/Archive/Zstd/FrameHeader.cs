using System.Buffers.Binary;

namespace TfeBackup.Archive.Zstd;

/// <summary>The header of a zstd frame (RFC 8878, 3.1.1.1), as far as this format allows it.</summary>
internal static class FrameHeader
{
    private const int SingleSegment = 0x20;
    private const int ReservedBits = 0x18;
    private const int ChecksumBit = 0x04;
    private const int DictionaryBits = 0x03;

    /// <summary>The header's whole length, magic number included; null where the format does not allow the descriptor.</summary>
    public static int? Length(byte descriptor)
    {
        var contentSizeBytes = ContentSizeBytes(descriptor);
        var isAllowed = (descriptor & (ReservedBits | DictionaryBits)) == 0
            && contentSizeBytes > 0;
        return isAllowed ? FrameFormat.HeaderStart + WindowBytes(descriptor) + contentSizeBytes : null;
    }

    /// <summary>True if the frame ends in a checksum of its content.</summary>
    public static bool HasChecksum(byte descriptor) => (descriptor & ChecksumBit) != 0;

    /// <summary>The frame's content size, as its header says.</summary>
    public static ulong ContentSize(ReadOnlySpan<byte> header)
    {
        var descriptor = header[4];
        var field = header[(FrameFormat.HeaderStart + WindowBytes(descriptor))..];
        return ContentSizeBytes(descriptor) switch
        {
            1 => field[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(field) + 256UL,
            4 => BinaryPrimitives.ReadUInt32LittleEndian(field),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(field),
        };
    }

    /// <summary>True if a frame begins and ends as its entry in the seek table says.</summary>
    public static bool IsHeaderOf(ReadOnlySpan<byte> frame, SeekEntry entry) =>
        frame.Length >= FrameFormat.HeaderStart + FrameFormat.Checksum
        && BinaryPrimitives.ReadUInt32LittleEndian(frame) == FrameFormat.FrameMagic
        && Length(frame[4]) is { } length
        && frame.Length >= length + FrameFormat.Checksum
        && ContentSize(frame) == entry.Size
        && (HasChecksum(frame[4]) ? BinaryPrimitives.ReadUInt32LittleEndian(frame[^FrameFormat.Checksum..]) : null as uint?) == entry.Checksum;

    private static int WindowBytes(byte descriptor) => (descriptor & SingleSegment) == 0 ? 1 : 0;

    private static int ContentSizeBytes(byte descriptor) => (descriptor >> 6) switch
    {
        0 => (descriptor & SingleSegment) == 0 ? 0 : 1,
        1 => 2,
        2 => 4,
        _ => 8,
    };
}
