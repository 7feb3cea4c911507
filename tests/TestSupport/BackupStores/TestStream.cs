using TfeBackup.Archive.Buffers;

namespace TfeBackup.TestSupport.BackupStores;

/// <summary>
/// A source that cannot seek, yields reproducible bytes in pieces of changing size, and may fail instead of ending.
/// </summary>
public sealed class TestStream(long length, int seed = 1, Exception? failure = null) : ReadStream
{
    private long _position;

    /// <summary>Awaited before every read; lets a test hold the source back.</summary>
    public Func<CancellationToken, Task>? BeforeRead { get; init; }

    /// <summary>How many bytes were taken.</summary>
    public long BytesRead => Interlocked.Read(ref _position);

    /// <summary>The bytes that a stream of this length and seed yields.</summary>
    public static byte[] Content(long length, int seed = 1)
    {
        var content = new byte[length];
        Fill(content, 0, seed);
        return content;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (BeforeRead is not null)
        {
            await BeforeRead(cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Read(buffer.Span);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position == length)
        {
            return failure is null ? 0 : throw failure;
        }

        // As from a network: rarely as much as was asked for.
        var piece = (int)Math.Min(Math.Min(buffer.Length, length - _position), 1 + (_position * 31 % 70_000));
        Fill(buffer[..piece], _position, seed);
        Interlocked.Add(ref _position, piece);
        return piece;
    }

    private static void Fill(Span<byte> bytes, long position, int seed)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            // Different at every position of different blocks and for every seed.
            var at = position + i;
            bytes[i] = (byte)((at * 7) + (at >> 8) + (at >> 16) + (seed * 101));
        }
    }
}
