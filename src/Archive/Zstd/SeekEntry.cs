using System.Buffers.Binary;

namespace TfeBackup.Archive.Zstd;

/// <summary>One frame in the seek table.</summary>
/// <param name="CompressedSize">The frame's length.</param>
/// <param name="Size">Its content's length.</param>
/// <param name="Checksum">The lower 32 bits of its content's XXH64, the same four bytes that end the frame; null where frames have none.</param>
internal readonly record struct SeekEntry(uint CompressedSize, uint Size, uint? Checksum)
{
    public const int MaxLength = 12;

    /// <summary>An entry's bytes.</summary>
    public static int Length(bool hasChecksum) => hasChecksum ? MaxLength : MaxLength - FrameFormat.Checksum;

    /// <summary>Writes the entry, and returns its bytes.</summary>
    public int Write(Span<byte> output)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output, CompressedSize);
        BinaryPrimitives.WriteUInt32LittleEndian(output[4..], Size);
        if (Checksum is { } checksum)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(output[8..], checksum);
        }

        return Length(Checksum is not null);
    }

    public static SeekEntry Read(ReadOnlySpan<byte> input, bool hasChecksum) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(input),
        BinaryPrimitives.ReadUInt32LittleEndian(input[4..]),
        hasChecksum ? BinaryPrimitives.ReadUInt32LittleEndian(input[8..]) : null);
}
