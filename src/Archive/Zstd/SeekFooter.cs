using System.Buffers.Binary;

namespace TfeBackup.Archive.Zstd;

/// <summary>The last nine bytes of the zstd layer: how many frames there are, whether they have checksums, and a magic number.</summary>
internal static class SeekFooter
{
    public static byte[] Write(int frames)
    {
        var footer = new byte[FrameFormat.SeekFooter];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, (uint)frames);
        footer[4] = FrameFormat.SeekDescriptor;
        BinaryPrimitives.WriteUInt32LittleEndian(footer.AsSpan(5), FrameFormat.SeekTableMagic);
        return footer;
    }

    /// <summary>The number of frames; null for what is no footer of this format.</summary>
    public static int? Read(ReadOnlySpan<byte> footer)
    {
        var frames = BinaryPrimitives.ReadUInt32LittleEndian(footer);
        var isFooter = footer[4] == FrameFormat.SeekDescriptor
            && BinaryPrimitives.ReadUInt32LittleEndian(footer[5..]) == FrameFormat.SeekTableMagic
            && frames <= FrameFormat.MaxFrames;
        return isFooter ? (int)frames : null;
    }
}
