using TfeBackup.Archive.Buffers;

namespace TfeBackup.Engine.Objects;

/// <summary>The first bytes of a stream. Owns it.</summary>
internal sealed class LimitedStream(Stream inner, long length) : ReadStream
{
    private long _left = length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Advance(await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken));

    public override int Read(Span<byte> buffer) => Advance(inner.Read(buffer[..(int)Math.Min(buffer.Length, _left)]));

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Advance(int count)
    {
        _left -= count;
        return count;
    }
}
