using TfeBackup.Archive.Buffers;

namespace TfeBackup.Archive.Tests;

/// <summary>Gives one byte at a time, as a slow connection may.</summary>
internal sealed class DrippingStream(Stream source) : PipelineStream
{
    public override bool CanRead => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        source.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
}
