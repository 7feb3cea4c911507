using TfeBackup.Archive.Buffers;

namespace TfeBackup.Azure.Blobs;

/// <summary>
/// The bytes of one block in buffers of a pool, read as a stream. It seeks, because the SDK rewinds it before every further
/// attempt.
/// </summary>
internal sealed class SegmentStream(SegmentPool pool) : ReadStream
{
    private readonly List<byte[]> _segments = [];
    private long _length;
    private long _position;

    public override bool CanSeek => true;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, _length);
            _position = value;
        }
    }

    /// <summary>Room for more content: one more buffer; <see cref="Append"/> says how much came.</summary>
    public Memory<byte> AddSegment()
    {
        _segments.Add(pool.Rent());
        return _segments[^1].AsMemory();
    }

    /// <summary>Counts what was written into the last segment. Only the last segment of a block is less than full.</summary>
    public void Append(int count) => _length += count;

    public override int Read(Span<byte> buffer)
    {
        var chunk = Current();
        var count = Math.Min(buffer.Length, chunk.Length);
        chunk.Span[..count].CopyTo(buffer);
        _position += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        // Straight from the segments: the transport sees large writes and no byte is copied in between.
        for (var chunk = Current(); !chunk.IsEmpty; chunk = Current())
        {
            await destination.WriteAsync(chunk, cancellationToken);
            _position += chunk.Length;
        }
    }

    /// <summary>
    /// Gives the buffers back to the pool, once the block was sent. A block that failed keeps them for the garbage collector:
    /// a broken connection may still be reading what it was given.
    /// </summary>
    public void Release()
    {
        foreach (var segment in _segments)
        {
            pool.Return(segment);
        }

        _segments.Clear();
        _length = 0;
        _position = 0;
    }

    private ReadOnlyMemory<byte> Current()
    {
        if (_position >= _length)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        var (segment, offset) = Math.DivRem(_position, pool.SegmentSize);
        var available = (int)Math.Min(pool.SegmentSize - offset, _length - _position);
        return _segments[(int)segment].AsMemory((int)offset, available);
    }
}
