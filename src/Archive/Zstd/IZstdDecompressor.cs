namespace TfeBackup.Archive.Zstd;

/// <summary>Decompresses frames, one at a time.</summary>
internal interface IZstdDecompressor : IDisposable
{
    /// <summary>Decompresses a frame and returns its content's length; null where it is damaged or does not fit.</summary>
    int? Decompress(ReadOnlySpan<byte> frame, Span<byte> content);
}
