using TfeBackup.Archive.Buffers;

namespace TfeBackup.Archive.Zstd;

/// <summary>
/// Compresses a stream into independent zstd frames, several at once, and closes them with the seek table of zstd's
/// seekable format. Content is put directly into the buffer of the next frame.
/// </summary>
internal sealed class FrameWriter : IAsyncDisposable
{
    private readonly Stream _destination;
    private readonly FrameCompressor _compressor;
    private readonly BufferPool _contentBuffers = new(FrameFormat.MaxContent);
    private readonly BufferPool _frameBuffers = new(FrameFormat.MaxCompressed);
    private readonly JobQueue<CompressedFrame> _jobs;
    private readonly SeekTableBuilder _table = new();
    private byte[] _content;
    private int _filled;

    public FrameWriter(Stream destination, int level, int jobs, ZstdLibrary? zstd = null)
    {
        _destination = destination;
        _compressor = new FrameCompressor(zstd ?? ZstdLibrary.Preferred, level);
        _jobs = new JobQueue<CompressedFrame>(jobs);
        _content = _contentBuffers.Rent();
    }

    /// <summary>The number of content bytes written.</summary>
    public long Position { get; private set; }

    /// <summary>Room for content, at least a byte. What was put there counts once <see cref="Advance"/> was told.</summary>
    public async ValueTask<Memory<byte>> GetRoomAsync(CancellationToken cancellationToken)
    {
        if (_filled == _content.Length)
        {
            await EndFrameAsync(cancellationToken);
        }

        return _content.AsMemory(_filled);
    }

    public void Advance(int count)
    {
        _filled += count;
        Position += count;
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        while (!content.IsEmpty)
        {
            var room = await GetRoomAsync(cancellationToken);
            var count = Math.Min(room.Length, content.Length);
            content[..count].CopyTo(room);
            Advance(count);
            content = content[count..];
        }
    }

    /// <summary>Ends the frame, so that what comes next begins one.</summary>
    public async ValueTask EndFrameAsync(CancellationToken cancellationToken)
    {
        if (_filled == 0)
        {
            return;
        }

        while (_jobs.IsFull || _jobs.IsNextDone)
        {
            await WriteNextAsync(cancellationToken);
        }

        var content = _content;
        var length = _filled;
        _content = _contentBuffers.Rent();
        _filled = 0;
        _jobs.Start(() => Compress(content, length));
    }

    /// <summary>Writes what is left and the seek table.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await EndFrameAsync(cancellationToken);
        while (!_jobs.IsEmpty)
        {
            await WriteNextAsync(cancellationToken);
        }

        await _table.WriteAsync(_destination, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _jobs.DisposeAsync();
        _compressor.Dispose();
    }

    private async ValueTask WriteNextAsync(CancellationToken cancellationToken)
    {
        var frame = await _jobs.TakeAsync(cancellationToken);
        await _destination.WriteAsync(frame.Buffer.AsMemory(0, frame.Length), cancellationToken);
        _table.Add(new SeekEntry((uint)frame.Length, (uint)frame.ContentLength, null));
        _frameBuffers.Return(frame.Buffer);
    }

    private CompressedFrame Compress(byte[] content, int length)
    {
        var buffer = _frameBuffers.Rent();
        var compressed = _compressor.Compress(content.AsSpan(0, length), buffer);
        _contentBuffers.Return(content);
        return new CompressedFrame(buffer, compressed, length);
    }

    private readonly record struct CompressedFrame(byte[] Buffer, int Length, int ContentLength);
}
