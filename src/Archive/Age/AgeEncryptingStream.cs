using System.Security.Cryptography;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Archive.Age;

/// <summary>
/// Encrypts what is written to it as an age payload. Only <see cref="CompleteAsync"/> ends the file: disposing without it
/// leaves a file that every reader recognises as truncated, so that no failure on the way can look like success.
/// </summary>
public sealed class AgeEncryptingStream : PipelineStream
{
    private readonly Stream _destination;
    private readonly byte[] _payloadKey;
    private readonly BufferPool _plainBuffers;
    private readonly BufferPool _sealedBuffers;
    private readonly JobQueue<ArraySegment<byte>> _jobs;
    private byte[] _plain;
    private int _filled;
    private long _nextChunk;
    private State _state;

    /// <param name="destination">Takes the chunks; the header and the payload's nonce are already there.</param>
    /// <param name="payloadKey">The key of this payload; this stream wipes it when it is disposed.</param>
    /// <param name="chunksPerJob">The number of chunks in a job.</param>
    /// <param name="jobs">The number of jobs that run at once.</param>
    internal AgeEncryptingStream(Stream destination, byte[] payloadKey, int chunksPerJob, int jobs)
    {
        _destination = destination;
        _payloadKey = payloadKey;
        _plainBuffers = new BufferPool(chunksPerJob * ChunkCipher.PlainSize);
        _sealedBuffers = new BufferPool(chunksPerJob * ChunkCipher.SealedSize);
        _jobs = new JobQueue<ArraySegment<byte>>(jobs);
        _plain = _plainBuffers.Rent();
    }

    private enum State
    {
        Open,
        Broken,
        Complete,
        Disposed,
    }

    /// <inheritdoc/>
    public override bool CanWrite => _state == State.Open;

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        CheckOpen();
        while (!buffer.IsEmpty)
        {
            // A full buffer waits for the byte after it: whether a chunk is the last one is part of its encryption.
            if (_filled == _plain.Length)
            {
                await SealAsync(last: false, cancellationToken);
            }

            var count = Math.Min(buffer.Length, _plain.Length - _filled);
            buffer.Span[..count].CopyTo(_plain.AsSpan(_filled));
            _filled += count;
            buffer = buffer[count..];
        }
    }

    /// <summary>Writes the last chunk and flushes the destination. The file is whole once this has returned.</summary>
    /// <param name="cancellationToken">Ends the call early; the file then stays incomplete.</param>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        CheckOpen();
        await SealAsync(last: true, cancellationToken);
        _state = State.Broken;
        while (!_jobs.IsEmpty)
        {
            await WriteNextAsync(cancellationToken);
        }

        await _destination.FlushAsync(cancellationToken);
        _state = State.Complete;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_state != State.Disposed)
        {
            _state = State.Disposed;
            await _jobs.DisposeAsync();
            CryptographicOperations.ZeroMemory(_payloadKey);
        }

        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Jobs that still run keep the key they were given; it is wiped only once none does.
        _state = State.Disposed;
        base.Dispose(disposing);
    }

    private async ValueTask SealAsync(bool last, CancellationToken cancellationToken)
    {
        // Until the new job is in the queue and the old ones are out, an exception leaves a gap.
        _state = State.Broken;
        while (_jobs.IsFull || _jobs.IsNextDone)
        {
            await WriteNextAsync(cancellationToken);
        }

        var plain = _plain;
        var length = _filled;
        var firstChunk = _nextChunk;
        _nextChunk += (length + ChunkCipher.PlainSize - 1) / ChunkCipher.PlainSize;
        _plain = _plainBuffers.Rent();
        _filled = 0;
        _jobs.Start(() => Seal(plain, length, firstChunk, last));
        _state = State.Open;
    }

    private async ValueTask WriteNextAsync(CancellationToken cancellationToken)
    {
        var output = await _jobs.TakeAsync(cancellationToken);
        await _destination.WriteAsync(output, cancellationToken);
        _sealedBuffers.Return(output.Array!);
    }

    private ArraySegment<byte> Seal(byte[] plain, int length, long firstChunk, bool last)
    {
        var output = _sealedBuffers.Rent();
        var written = 0;
        using (var cipher = new ChunkCipher(_payloadKey))
        {
            var start = 0;
            do
            {
                var count = Math.Min(ChunkCipher.PlainSize, length - start);
                var isLast = last && start + count == length;
                cipher.Seal(firstChunk++, isLast, plain.AsSpan(start, count), output.AsSpan(written));
                start += count;
                written += count + ChunkCipher.TagSize;
            }
            while (start < length);
        }

        _plainBuffers.Return(plain);
        return new ArraySegment<byte>(output, 0, written);
    }

    private void CheckOpen()
    {
        ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
        if (_state != State.Open)
        {
            throw new InvalidOperationException("The encrypted file is already complete, or an earlier write to it failed.");
        }
    }
}
