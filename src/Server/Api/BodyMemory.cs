using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace TfeBackup.Server.Api;

/// <summary>
/// The memory that requests and answers pass through, in blocks of 64 KiB. The server's own are of 4 KiB, and an upload of
/// gigabytes then takes a call of the system, a timer and a wait for each of them.
/// </summary>
internal sealed class BodyMemory : MemoryPool<byte>
{
    private const int BlockBytes = 64 << 10;
    private const int KeptBlocks = 64;

    private readonly ConcurrentQueue<byte[]> _blocks = new();

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return new Block(this, _blocks.TryDequeue(out var bytes) ? bytes : GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _blocks.Clear();

    /// <summary>Makes one for each listener.</summary>
    internal sealed class Factory : IMemoryPoolFactory<byte>
    {
        /// <inheritdoc/>
        public MemoryPool<byte> Create(MemoryPoolOptions? options) => new BodyMemory();
    }

    private sealed class Block(BodyMemory pool, byte[] bytes) : IMemoryOwner<byte>
    {
        private byte[]? _bytes = bytes;

        public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _bytes, null) is { } given && pool._blocks.Count < KeptBlocks)
            {
                pool._blocks.Enqueue(given);
            }
        }
    }
}
