using System.Security.Cryptography;
using System.Threading.Channels;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Archive.Age;

/// <summary>
/// The plain content of an age payload. Every byte it yields was authenticated; its end is reported only after the last
/// chunk was seen to be the last and nothing followed it. Damage throws <see cref="ArchiveException"/>
/// (<see cref="ArchiveError.Corrupt"/>) at the place where it is. The source stays open.
/// </summary>
public sealed class AgeDecryptingStream : PipelineStream
{
    private readonly ChunkSource _source;
    private readonly byte[] _payloadKey;
    private readonly BufferPool _sealedBuffers;
    private readonly BufferPool _plainBuffers;
    private readonly CancellationTokenSource _disposal = new();
    private readonly Channel<Task<OpenedChunks>>? _ahead;
    private readonly Task _pump = Task.CompletedTask;
    private OpenedChunks _current;
    private int _taken;
    private bool _ended;
    private bool _disposed;

    /// <param name="source">Yields the chunks.</param>
    /// <param name="payloadKey">The key of this payload; this stream wipes it when it is disposed.</param>
    /// <param name="chunksPerBatch">The number of chunks in a batch.</param>
    /// <param name="ahead">The number of batches read and decrypted ahead on other threads; 0 for none.</param>
    /// <param name="payloadOffset">The file offset of the first chunk, for messages.</param>
    internal AgeDecryptingStream(Stream source, byte[] payloadKey, int chunksPerBatch, int ahead, long payloadOffset)
    {
        _source = new ChunkSource(source, payloadOffset, chunksPerBatch);
        _payloadKey = payloadKey;
        _sealedBuffers = new BufferPool(_source.BufferSize);
        _plainBuffers = new BufferPool(chunksPerBatch * ChunkCipher.PlainSize);
        if (ahead > 0)
        {
            _ahead = Channel.CreateBounded<Task<OpenedChunks>>(
                new BoundedChannelOptions(ahead) { SingleReader = true, SingleWriter = true });
            _pump = Task.Run(() => PumpAsync(_ahead.Writer, _disposal.Token));
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => !_disposed;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (_taken == _current.Length)
        {
            if (_current.Failure is not null)
            {
                // A new exception each time: a thrown one carries the stack of its first throw.
                throw new ArchiveException(_current.Failure.Error, _current.Failure.Message);
            }

            if (_ended)
            {
                return 0;
            }

            await NextAsync(cancellationToken);
        }

        var count = Math.Min(buffer.Length, _current.Length - _taken);
        _current.Buffer.AsSpan(_taken, count).CopyTo(buffer.Span);
        _taken += count;
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await _disposal.CancelAsync();
            await _pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (_ahead is not null && _ahead.Reader.TryRead(out var job))
            {
                await ((Task)job).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            _disposal.Dispose();
            CryptographicOperations.ZeroMemory(_payloadKey);
        }

        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            // Without waiting: what still runs ends by itself, and the key goes with it.
            _disposed = true;
            _disposal.Cancel();
        }

        base.Dispose(disposing);
    }

    private async ValueTask NextAsync(CancellationToken cancellationToken)
    {
        OpenedChunks next;
        if (_ahead is null)
        {
            var buffer = _sealedBuffers.Rent();
            var batch = await _source.ReadAsync(buffer, cancellationToken);
            next = Open(batch);
            _ended = batch.IsEnd;
        }
        else if (await _ahead.Reader.WaitToReadAsync(cancellationToken))
        {
            // Only taken out once it is done, so that a cancelled wait loses nothing.
            _ahead.Reader.TryPeek(out var job);
            next = await job!.WaitAsync(cancellationToken);
            _ahead.Reader.TryRead(out _);
        }
        else
        {
            next = default;
            _ended = true;
        }

        if (_current.Buffer is not null)
        {
            _plainBuffers.Return(_current.Buffer);
        }

        _current = next;
        _taken = 0;
    }

    private async Task PumpAsync(ChannelWriter<Task<OpenedChunks>> writer, CancellationToken cancellationToken)
    {
        try
        {
            bool isEnd;
            do
            {
                await writer.WaitToWriteAsync(cancellationToken);
                var batch = await _source.ReadAsync(_sealedBuffers.Rent(), cancellationToken);
                isEnd = batch.IsEnd;
                await writer.WriteAsync(Task.Run(() => Open(batch), CancellationToken.None), cancellationToken);
            }
            while (!isEnd);
            writer.Complete();
        }
        catch (Exception e)
        {
            // Whatever the source threw is thrown to the reader, unchanged, once it has read what came before.
            writer.Complete(e);
        }
    }

    private OpenedChunks Open(ChunkBatch batch)
    {
        var opened = batch.Open(_payloadKey, _plainBuffers.Rent(), _source.PayloadOffset);
        _sealedBuffers.Return(batch.Sealed);
        return opened;
    }
}
