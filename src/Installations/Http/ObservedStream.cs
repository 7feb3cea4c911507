using TfeBackup.Archive.Buffers;

namespace TfeBackup.Installations.Http;

/// <summary>
/// A connection's plain bytes. Shows an <see cref="AnswerObserver"/> what comes, and once the answer is there lets nothing more
/// go out: whatever the client still writes to end its request, the service has already answered.
/// </summary>
internal sealed class ObservedStream(Stream inner, AnswerObserver observer) : ReadStream
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    public override bool CanWrite => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        observer.Observe(buffer.Span[..count]);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (observer.Answered)
        {
            observer.HeldBack = true;
            return;
        }

        try
        {
            var write = inner.WriteAsync(buffer, cancellationToken).AsTask();
            if (await Task.WhenAny(write, observer.Answer) != write && !write.IsCompleted)
            {
                // The service has responded and stopped reading; this write would never end.
                observer.HeldBack = true;
                return;
            }

            await write;
        }
        catch (IOException)
        {
            // The service closed the connection; its response may still arrive.
            if (await Task.WhenAny(observer.Answer, Task.Delay(LastWords, cancellationToken)) != observer.Answer)
            {
                throw;
            }

            observer.HeldBack = true;
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        observer.Answered ? Task.CompletedTask : inner.FlushAsync(cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        observer.Observe(buffer[..read]);
        return read;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (!observer.Answered)
        {
            inner.Write(buffer, offset, count);
        }
    }

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
