using System.Buffers.Binary;

namespace TfeBackup.Archive.Zstd;

/// <summary>The last nine bytes of the zstd layer: how many frames there are, whether they have checksums, and a magic number.</summary>
internal readonly record struct SeekFooter(int Frames, bool HasChecksums)
{
    public byte[] Write()
    {
        var footer = new byte[FrameFormat.SeekFooter];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, (uint)Frames);
        footer[4] = HasChecksums ? FrameFormat.SeekChecksums : (byte)0;
        BinaryPrimitives.WriteUInt32LittleEndian(footer.AsSpan(5), FrameFormat.SeekTableMagic);
        return footer;
    }

    /// <summary>Reads one; null for what is no footer of this format.</summary>
    public static SeekFooter? Read(ReadOnlySpan<byte> footer)
    {
        var frames = BinaryPrimitives.ReadUInt32LittleEndian(footer);
        var isFooter = (footer[4] & ~FrameFormat.SeekChecksums) == 0
            && BinaryPrimitives.ReadUInt32LittleEndian(footer[5..]) == FrameFormat.SeekTableMagic
            && frames <= FrameFormat.MaxFrames;
        return isFooter ? new SeekFooter((int)frames, footer[4] != 0) : null;
    }
}
