using TfeBackup.Archive.Buffers;

namespace TfeBackup.Archive;

/// <summary>The content of the entry a reader stands at.</summary>
internal sealed class EntryContentStream(long size, Func<Memory<byte>, CancellationToken, ValueTask<int>> read) : PipelineStream
{
    private bool _closed;

    public override bool CanRead => !_closed;

    public override long Length => size;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return read(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        _closed = true;
        base.Dispose(disposing);
    }
}
