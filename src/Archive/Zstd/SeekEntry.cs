using System.Buffers.Binary;

namespace TfeBackup.Archive.Zstd;

/// <summary>One frame in the seek table.</summary>
/// <param name="CompressedSize">The frame's length.</param>
/// <param name="Size">Its content's length.</param>
/// <param name="Checksum">The lower 32 bits of its content's XXH64, the same four bytes that end the frame.</param>
internal readonly record struct SeekEntry(uint CompressedSize, uint Size, uint Checksum)
{
    public void Write(Span<byte> output)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output, CompressedSize);
        BinaryPrimitives.WriteUInt32LittleEndian(output[4..], Size);
        BinaryPrimitives.WriteUInt32LittleEndian(output[8..], Checksum);
    }

    public static SeekEntry Read(ReadOnlySpan<byte> input) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(input),
        BinaryPrimitives.ReadUInt32LittleEndian(input[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(input[8..]));
}
