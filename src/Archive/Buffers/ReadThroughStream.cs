namespace TfeBackup.Archive.Buffers;

/// <summary>Reads through to another stream and observes every byte.</summary>
/// <param name="inner">The other stream, which is not owned.</param>
public abstract class ReadThroughStream(Stream inner) : ReadStream
{
    /// <inheritdoc/>
    public sealed override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        OnRead(buffer[..count]);
        return count;
    }

    /// <inheritdoc/>
    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        OnRead(buffer.Span[..count]);
        return count;
    }

    /// <summary>Called after each read with the bytes read; empty at the end.</summary>
    /// <param name="bytes">The bytes read.</param>
    protected abstract void OnRead(ReadOnlySpan<byte> bytes);
}
