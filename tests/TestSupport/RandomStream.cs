using TfeBackup.Archive.Buffers;

namespace TfeBackup.TestSupport;

/// <summary>Repeatable bytes without pattern, as many as wanted, from nowhere: they do not compress and need no memory.</summary>
public sealed class RandomStream(long length, int seed) : ReadStream
{
    private readonly Random _random = new(seed);
    private long _position;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, length - _position);
        _random.NextBytes(buffer[..count]);
        _position += count;
        return count;
    }
}
