using System.Collections.Concurrent;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace TfeBackup.Archive.Zstd;

/// <summary>Compresses frames, any number of threads at once; a compressor's tables are kept for the next frame.</summary>
internal sealed class FrameCompressor(int level) : IDisposable
{
    private readonly ConcurrentBag<Compressor> _idle = [];

    public int Compress(ReadOnlySpan<byte> content, Span<byte> frame)
    {
        var compressor = _idle.TryTake(out var idle) ? idle : Create();
        var length = compressor.Wrap(content, frame);
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

    private Compressor Create()
    {
        var compressor = new Compressor(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_contentSizeFlag, 1);
        return compressor;
    }
}
