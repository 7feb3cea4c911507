using System.Collections.Concurrent;
using ZstdSharp;

namespace TfeBackup.Archive.Zstd;

/// <summary>Decompresses frames, any number of threads at once.</summary>
internal sealed class FrameDecompressor : IDisposable
{
    private readonly ConcurrentBag<Decompressor> _idle = [];

    /// <summary>Decompresses one frame; false where it is damaged or does not hold exactly the bytes <paramref name="content"/> has room for.</summary>
    public bool TryDecompress(ReadOnlySpan<byte> frame, Span<byte> content)
    {
        var decompressor = _idle.TryTake(out var idle) ? idle : new Decompressor();
        try
        {
            return decompressor.TryUnwrap(frame, content, out var written) && written == content.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
        finally
        {
            _idle.Add(decompressor);
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var decompressor))
        {
            decompressor.Dispose();
        }
    }
}
