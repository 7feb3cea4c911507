namespace TfeBackup.Server.Api;

/// <summary>
/// A request's or an answer's body, with a limit to how long one read or write waits for the client. A client that falls silent holds the
/// installation; how long a whole transfer takes is nobody's business.
/// </summary>
/// <param name="inner">The body.</param>
/// <param name="limit">How long the client may be silent.</param>
/// <param name="time">The clock.</param>
internal sealed class ClientStream(Stream inner, TimeSpan limit, TimeProvider time) : Stream
{
    // Of a write, the client has to take this much within the limit.
    private const int PieceSize = 64 << 10;

    private long _transferred;

    /// <summary>How many bytes the client has sent or taken so far.</summary>
    public long Transferred => Interlocked.Read(ref _transferred);

    public override bool CanRead => inner.CanRead;

    public override bool CanWrite => inner.CanWrite;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await WithinAsync("sent nothing", token => inner.ReadAsync(buffer, token), cancellationToken);
        Interlocked.Add(ref _transferred, read);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var piece = buffer[..Math.Min(buffer.Length, PieceSize)];
            await WithinAsync("took nothing", token => Done(inner.WriteAsync(piece, token)), cancellationToken);
            Interlocked.Add(ref _transferred, piece.Length);
            buffer = buffer[piece.Length..];
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken) =>
        await WithinAsync("took nothing", token => Done(new ValueTask(inner.FlushAsync(token))), cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are written asynchronously.");

    public override void Flush() => throw new NotSupportedException("Bodies are written asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask<int> WithinAsync(string silent, Func<CancellationToken, ValueTask<int>> step, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(limit, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        Exception? cause = null;
        try
        {
            var result = await step(ending.Token);
            if (!silence.IsCancellationRequested)
            {
                return result;
            }

            // The server aborts the connection of a write that is cancelled, and returns from it as if it were done.
        }
        catch (OperationCanceledException e) when (silence.IsCancellationRequested)
        {
            cause = e;
        }

        throw new ApiException(
            $"The client {silent} for {limit:g} and was disconnected (Installation:IdleLimit). Check its disk and the network between it and this service.",
            cause)
        {
            Kind = nameof(Engine.EngineError.TimedOut),
        };
    }

    private static async ValueTask<int> Done(ValueTask step)
    {
        await step;
        return 0;
    }
}
