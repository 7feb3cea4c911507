using System.Collections.Concurrent;

namespace TfeBackup.Archive.Buffers;

/// <summary>
/// Buffers of one size for one pipeline, which bounds how many are out at once. Unlike the shared array pool it forgets
/// them with the pipeline and never hands out a buffer of twice the size.
/// </summary>
internal sealed class BufferPool(int size)
{
    private readonly ConcurrentBag<byte[]> _free = [];

    public int Size => size;

    public byte[] Rent() => _free.TryTake(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(size);

    public void Return(byte[] buffer) => _free.Add(buffer);
}
