using System.Collections.Concurrent;

namespace TfeBackup.Archive.Buffers;

/// <summary>
/// Buffers of one size for one pipeline, which bounds how many are out at once. Unlike the shared array pool it forgets
/// them with the pipeline and never hands out a buffer of twice the size.
/// </summary>
internal sealed class BufferPool(int size)
{
    // Not a ConcurrentBag: its threads would hold on to the buffers until a finalizer has run, into the next key's derivation.
    private readonly ConcurrentStack<byte[]> _free = new();

    public int Size => size;

    public byte[] Rent() => _free.TryPop(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(size);

    public void Return(byte[] buffer) => _free.Push(buffer);
}
