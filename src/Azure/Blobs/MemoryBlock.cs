using System.Security.Cryptography;

namespace TfeBackup.Azure.Blobs;

/// <summary>A block in pooled buffers. Each buffer takes a place of the upload's memory until the block is disposed.</summary>
internal sealed class MemoryBlock : UploadBlock
{
    private readonly SegmentStream _content;
    private readonly SemaphoreSlim _memory;
    private int _places;
    private bool _sent;

    private MemoryBlock(SegmentPool pool, SemaphoreSlim memory)
    {
        _content = new SegmentStream(pool);
        _memory = memory;
    }

    public override Stream Content => _content;

    public override long Length => _content.Length;

    /// <summary>Reads up to a block's bytes from a stream.</summary>
    public static async Task<UploadBlock> FillAsync(
        Stream source, long size, SegmentPool pool, IncrementalHash hash, SemaphoreSlim memory, CancellationToken cancellationToken)
    {
        var block = new MemoryBlock(pool, memory);
        try
        {
            while (block.Length < size)
            {
                // Waiting here for memory is what slows the source down to the speed of the store.
                await memory.WaitAsync(cancellationToken);
                block._places++;
                var room = block._content.AddSegment();
                room = room[..(int)Math.Min(room.Length, size - block.Length)];
                var read = await source.ReadAtLeastAsync(room, room.Length, throwOnEndOfStream: false, cancellationToken);
                hash.AppendData(room.Span[..read]);
                block._content.Append(read);
                if (read < room.Length)
                {
                    break;
                }
            }

            return block;
        }
        catch
        {
            await block.DisposeAsync();
            throw;
        }
    }

    public override void MarkSent() => _sent = true;

    public override ValueTask DisposeAsync()
    {
        if (_sent || _content.Length == 0)
        {
            _content.Release();
        }

        if (_places > 0)
        {
            _memory.Release(_places);
            _places = 0;
        }

        return ValueTask.CompletedTask;
    }
}
