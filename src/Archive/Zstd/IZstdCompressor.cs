namespace TfeBackup.Archive.Zstd;

/// <summary>Compresses frames, one at a time.</summary>
internal interface IZstdCompressor : IDisposable
{
    /// <summary>Compresses content into one frame that says how much it holds, and returns its length.</summary>
    int Compress(ReadOnlySpan<byte> content, Span<byte> frame);
}
