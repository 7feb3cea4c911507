namespace TfeBackup.Archive.Buffers;

/// <summary>Reads through to another stream, and sees what comes.</summary>
/// <param name="inner">The other stream, which is not owned.</param>
public abstract class ReadThroughStream(Stream inner) : ReadStream
{
    /// <inheritdoc/>
    public sealed override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        See(buffer[..count]);
        return count;
    }

    /// <inheritdoc/>
    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        See(buffer.Span[..count]);
        return count;
    }

    /// <summary>Called after each read with what it brought; with nothing at the end.</summary>
    /// <param name="bytes">What was read.</param>
    protected abstract void See(ReadOnlySpan<byte> bytes);
}
