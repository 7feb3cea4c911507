using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using TfeBackup.Archive.Buffers;
using TfeBackup.Operations.Model;

namespace TfeBackup.Azure.Blobs;

/// <summary>
/// A blob's bytes by ranged reads. It seeks, so that a table of contents at the end costs kilobytes; and the longer it is read
/// on in order, the further it reads ahead, several ranges at once, so that a whole backup comes at the network's speed. Every
/// range asks for the version of the blob that was opened.
/// </summary>
internal sealed class BlobRangeStream : SeekableReadStream
{
    private const int FirstRange = 256 << 10;
    private const int LargestRange = 4 << 20;
    private const int MostAhead = 6;

    private readonly BlobBaseClient _blob;
    private readonly BlobRequestConditions _unchanged;
    private readonly string _description;
    private readonly long _start;

    // Only this stream's own buffers are used again, and only after they were read: a request that was given up may still write
    // into the buffer it had.
    private readonly Stack<byte[]> _free = new();
    private readonly Queue<Task<Fetched>> _ahead = new();
    private CancellationTokenSource _window = new();
    private Fetched? _current;
    private long _nextOffset;
    private int _nextSize = FirstRange;
    private int _depth = 1;

    /// <summary>Opens a part of a blob.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="version">The version that was seen when it was opened.</param>
    /// <param name="start">The blob's first byte that the stream yields.</param>
    /// <param name="length">How many bytes from there the stream has.</param>
    /// <param name="description">What it is, for messages.</param>
    public BlobRangeStream(BlobBaseClient blob, ETag version, long start, long length, string description)
        : base(length)
    {
        _blob = blob;
        _unchanged = new BlobRequestConditions { IfMatch = version };
        _start = start;
        _description = description;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || Position >= Length)
        {
            return 0;
        }

        if (_current?.Contains(Position) != true)
        {
            await MoveToAsync(Position, cancellationToken);
        }

        var rest = _current!.From(Position);
        var count = Math.Min(buffer.Length, rest.Length);
        rest[..count].CopyTo(buffer);
        Position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            GiveUpAhead();
            _window.Dispose();
            _current = null;
            _free.Clear();
        }

        base.Dispose(disposing);
    }

    private async Task MoveToAsync(long position, CancellationToken cancellationToken)
    {
        var inOrder = _current is not null && _current.End == position;
        if (_current is not null)
        {
            _free.Push(_current.Buffer);
            _current = null;
        }

        if (!inOrder)
        {
            GiveUpAhead();
            _window.Dispose();
            _window = new CancellationTokenSource();
            _nextOffset = position;
            _nextSize = FirstRange;
            _depth = 1;
        }
        else
        {
            _nextSize = Math.Min(_nextSize * 2, LargestRange);
            _depth = Math.Min(_depth + 1, MostAhead);
        }

        while (_ahead.Count < _depth && _nextOffset < Length)
        {
            var size = (int)Math.Min(_nextSize, Length - _nextOffset);
            var buffer = _free.TryPop(out var free) && free.Length >= size ? free : new byte[size];
            _ahead.Enqueue(FetchAsync(_nextOffset, size, buffer, _window.Token));
            _nextOffset += size;
        }

        // A read that was given up or failed leaves no current range, so that the next one starts afresh.
        _current = await _ahead.Dequeue().WaitAsync(cancellationToken);
    }

    private async Task<Fetched> FetchAsync(long offset, int size, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            var options = new BlobDownloadOptions { Range = new HttpRange(_start + offset, size), Conditions = _unchanged };
            using var download = (await _blob.DownloadStreamingAsync(options, cancellationToken)).Value;
            await download.Content.ReadExactlyAsync(buffer.AsMemory(0, size), cancellationToken);
            return new Fetched(offset, size, buffer);
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            throw new OperationException(
                OperationError.Corrupt, $"{_description} was replaced while it was being read. Something else writes to this container.", e);
        }
        catch (RequestFailedException e) when (BlobErrors.MeansMissing(e))
        {
            throw new OperationException(OperationError.NotFound, $"{_description} was deleted while it was being read.", e);
        }
        catch (Exception e) when (e is IOException || BlobErrors.IsFromService(e, cancellationToken))
        {
            throw e is IOException
                ? new OperationException(OperationError.Unavailable, $"Cannot read {_description}: the connection broke, after several attempts.", e)
                : BlobErrors.TranslateRead(e, _description);
        }
    }

    private void GiveUpAhead()
    {
        _window.Cancel();
        _ahead.Clear();
    }

    private sealed record Fetched(long Offset, int Size, byte[] Buffer)
    {
        public long End => Offset + Size;

        public bool Contains(long position) => position >= Offset && position < End;

        public ReadOnlyMemory<byte> From(long position) => Buffer.AsMemory((int)(position - Offset), (int)(End - position));
    }
}
