using TfeBackup.Archive.Buffers;

namespace TfeBackup.Engine.Objects;

/// <summary>
/// The content of an object that has to be as long as it was when it was opened, as an archive has said so already. Where somebody cuts it short
/// or replaces it meanwhile, zeros take the place of what cannot be read any more, as tar does it, and <see cref="WasCut"/> says so.
/// </summary>
/// <param name="inner">The content; left open.</param>
/// <param name="length">Its length when it was opened.</param>
internal sealed class ShrinkingStream(Stream inner, long length) : ReadStream
{
    private long _left = length;

    /// <summary>True if a part of it could no longer be read.</summary>
    public bool WasCut { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!WasCut)
        {
            try
            {
                var count = await inner.ReadAsync(buffer, cancellationToken);
                _left -= count;
                return count;
            }
            catch (EngineException e) when (e.Error == EngineError.CorruptSource)
            {
                WasCut = true;
            }
        }

        var zeros = (int)Math.Min(buffer.Length, _left);
        buffer.Span[..zeros].Clear();
        _left -= zeros;
        return zeros;
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Objects are read asynchronously.");
}
