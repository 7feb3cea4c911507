using TfeBackup.Archive.Buffers;

namespace TfeBackup.Engine.Objects.AtRest;

/// <summary>A stream whose first bytes were already read. Does not own the rest.</summary>
internal sealed class PrefixedStream(byte[] prefix, Stream rest) : ReadStream
{
    private int _read;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _read < prefix.Length ? ValueTask.FromResult(ReadPrefix(buffer.Span)) : rest.ReadAsync(buffer, cancellationToken);

    public override int Read(Span<byte> buffer) => _read < prefix.Length ? ReadPrefix(buffer) : rest.Read(buffer);

    private int ReadPrefix(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, prefix.Length - _read);
        prefix.AsSpan(_read, count).CopyTo(buffer);
        _read += count;
        return count;
    }
}
