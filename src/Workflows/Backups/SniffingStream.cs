namespace TfeBackup.Workflows.Backups;

/// <summary>Reads through to another stream and keeps the first few bytes.</summary>
internal sealed class SniffingStream(Stream inner, int length) : Stream
{
    private readonly byte[] _head = new byte[length];
    private int _kept;

    /// <summary>The first bytes read so far, at most as many as were asked for.</summary>
    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _kept);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Keep(buffer.AsSpan(offset, count), inner.Read(buffer, offset, count));

    public override int Read(Span<byte> buffer) => Keep(buffer, inner.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        return Keep(buffer.Span, read);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Keep(ReadOnlySpan<byte> buffer, int read)
    {
        var more = Math.Min(read, _head.Length - _kept);
        buffer[..more].CopyTo(_head.AsSpan(_kept));
        _kept += more;
        return read;
    }
}
