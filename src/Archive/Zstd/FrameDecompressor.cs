using System.Collections.Concurrent;

namespace TfeBackup.Archive.Zstd;

/// <summary>Decompresses frames, any number of threads at once.</summary>
internal sealed class FrameDecompressor(ZstdLibrary zstd) : IDisposable
{
    private readonly ConcurrentStack<IZstdDecompressor> _idle = new();

    /// <summary>Decompresses one frame; false where it is damaged or does not hold exactly the bytes <paramref name="content"/> has room for.</summary>
    public bool TryDecompress(ReadOnlySpan<byte> frame, Span<byte> content)
    {
        var decompressor = _idle.TryPop(out var idle) ? idle : zstd.CreateDecompressor();
        var length = decompressor.Decompress(frame, content);
        _idle.Push(decompressor);
        return length == content.Length;
    }

    public void Dispose()
    {
        while (_idle.TryPop(out var decompressor))
        {
            decompressor.Dispose();
        }
    }
}
