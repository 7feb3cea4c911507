using System.Collections.Concurrent;

namespace TfeBackup.Archive.Zstd;

/// <summary>Compresses frames, any number of threads at once; a compressor's tables are kept for the next frame.</summary>
internal sealed class FrameCompressor(ZstdLibrary zstd, int level) : IDisposable
{
    private readonly ConcurrentBag<IZstdCompressor> _idle = [];

    public int Compress(ReadOnlySpan<byte> content, Span<byte> frame)
    {
        var compressor = _idle.TryTake(out var idle) ? idle : zstd.CreateCompressor(level);
        var length = compressor.Compress(content, frame);
        _idle.Add(compressor);
        return length;
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var compressor))
        {
            compressor.Dispose();
        }
    }
}
