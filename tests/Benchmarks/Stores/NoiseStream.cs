using System.Security.Cryptography;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Benchmarks.Stores;

/// <summary>Random bytes again and again, of no known length, faster than any store.</summary>
internal sealed class NoiseStream(long length) : ReadStream
{
    private static readonly byte[] Random = RandomNumberGenerator.GetBytes(4 << 20);
    private long _position;

    public override int Read(Span<byte> buffer)
    {
        var at = (int)(_position % Random.Length);
        var count = (int)Math.Min(Math.Min(buffer.Length, Random.Length - at), length - _position);
        Random.AsSpan(at, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Read(buffer, offset, count));
}
