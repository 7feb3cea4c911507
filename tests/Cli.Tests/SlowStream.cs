using TfeBackup.Archive.Buffers;

namespace TfeBackup.Cli.Tests;

/// <summary>A line of some 16 MB/s: a millisecond for each 16 KiB, whichever way they go.</summary>
internal sealed class SlowStream(Stream inner) : ReadStream
{
    private const int Piece = 64 << 10;
    private const int BytesPerMillisecond = 16 << 10;

    private int _unpaid;

    public override bool CanRead => inner.CanRead;

    public override bool CanWrite => inner.CanWrite;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer.Length > Piece ? buffer[..Piece] : buffer, cancellationToken);
        await WaitAsync(count, cancellationToken);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var piece = buffer[..Math.Min(buffer.Length, Piece)];
            await inner.WriteAsync(piece, cancellationToken);
            await WaitAsync(piece.Length, cancellationToken);
            buffer = buffer[piece.Length..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    // Pieces of less than a millisecond add up.
    private async ValueTask WaitAsync(int bytes, CancellationToken cancellationToken)
    {
        _unpaid += bytes;
        var milliseconds = _unpaid / BytesPerMillisecond;
        _unpaid %= BytesPerMillisecond;
        if (milliseconds > 0)
        {
            await Task.Delay(milliseconds, cancellationToken);
        }
    }
}
