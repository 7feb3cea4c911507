namespace TfeBackup.Archive.Zstd;

/// <summary>
/// The zstd layer's rules (RFC 8878 and zstd's seekable format): frames that say how much they hold, and hold at most
/// <see cref="MaxContent"/>, so that a reader's memory is bounded before it decompresses anything.
/// </summary>
internal static class FrameFormat
{
    /// <summary>The most a frame holds when decompressed.</summary>
    public const int MaxContent = 2 << 20;

    /// <summary>A block's most; larger ones are malformed.</summary>
    public const int MaxBlock = 128 << 10;

    /// <summary>
    /// The longest a frame is: content that does not compress, cut into whole blocks, and room for a writer that cuts smaller.
    /// </summary>
    public const int MaxCompressed = MaxContent + (MaxContent >> 6) + 1024;

    public const uint FrameMagic = 0xFD2FB528;
    public const uint SkippableMagic = 0x184D2A5E;
    public const uint SeekTableMagic = 0x8F92EAB1;

    /// <summary>The start of a frame that shows how long its header is: magic number and descriptor.</summary>
    public const int HeaderStart = 5;

    public const int BlockHeader = 3;
    public const int Checksum = 4;

    /// <summary>Magic number and size of a skippable frame.</summary>
    public const int SkippableHeader = 8;

    /// <summary>A seek table's end: number of frames, descriptor, magic number.</summary>
    public const int SeekFooter = 9;

    /// <summary>The descriptor's only flag: entries have a checksum, and so have frames.</summary>
    public const byte SeekChecksums = 0x80;

    /// <summary>The standard's limit for a seek table's entries.</summary>
    public const int MaxFrames = 0x8000000;
}
