using System.Collections.Concurrent;

namespace TfeBackup.Archive.Zstd;

/// <summary>Compresses frames, any number of threads at once; a compressor's tables are kept for the next frame. What does not compress is stored raw.</summary>
internal sealed class FrameCompressor(ZstdLibrary zstd, int level) : IDisposable
{
    private readonly ConcurrentStack<IZstdCompressor> _idle = new();

    public int Compress(ReadOnlySpan<byte> content, Span<byte> frame)
    {
        if (RawFrame.IsFor(content))
        {
            return RawFrame.Write(content, frame);
        }

        var compressor = _idle.TryPop(out var idle) ? idle : zstd.CreateCompressor(level);
        var length = compressor.Compress(content, frame);
        _idle.Push(compressor);
        return length;
    }

    public void Dispose()
    {
        while (_idle.TryPop(out var compressor))
        {
            compressor.Dispose();
        }
    }
}
