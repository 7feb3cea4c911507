using System.Collections.Concurrent;

namespace TfeBackup.Azure.Blobs;

/// <summary>
/// The buffers of one upload, used again and again and let go with it. Not the shared pool: that would keep them while the
/// backup is verified, when the password's derivation needs the memory.
/// </summary>
internal sealed class SegmentPool(int segmentSize)
{
    // Not a ConcurrentBag: its threads would hold on to the buffers until a finalizer has run.
    private readonly ConcurrentStack<byte[]> _free = new();

    /// <summary>Bytes of one buffer.</summary>
    public int SegmentSize => segmentSize;

    /// <summary>A buffer nobody uses.</summary>
    public byte[] Rent() => _free.TryPop(out var segment) ? segment : GC.AllocateUninitializedArray<byte>(segmentSize);

    /// <summary>Takes back a buffer that nobody uses any more.</summary>
    public void Return(byte[] segment) => _free.Push(segment);
}
