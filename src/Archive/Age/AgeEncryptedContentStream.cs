using System.Security.Cryptography;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Archive.Age;

/// <summary>
/// An age file made while it is read: header, nonce, and a plain stream's content encrypted chunk by chunk, for whatever takes
/// its data by reading a stream. Its end comes only after the plain stream's end, so a plain stream that fails makes no file.
/// </summary>
internal sealed class AgeEncryptedContentStream : PipelineStream
{
    private readonly Stream _plainSource;
    private readonly ChunkCipher _cipher;
    private readonly byte[] _plain = new byte[ChunkCipher.PlainSize + 1];
    private readonly byte[] _sealed = new byte[ChunkCipher.SealedSize];
    private ReadOnlyMemory<byte> _ready;
    private long _nextChunk;
    private int _filled;
    private bool _ended;
    private bool _disposed;

    public AgeEncryptedContentStream(Stream plainSource, ReadOnlyMemory<byte> headerAndNonce, byte[] payloadKey)
    {
        _plainSource = plainSource;
        _cipher = new ChunkCipher(payloadKey);
        CryptographicOperations.ZeroMemory(payloadKey);
        _ready = headerAndNonce;
    }

    public override bool CanRead => !_disposed;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_ready.IsEmpty && !_ended)
        {
            await SealNextAsync(cancellationToken);
        }

        var count = Math.Min(buffer.Length, _ready.Length);
        _ready[..count].CopyTo(buffer);
        _ready = _ready[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _cipher.Dispose();
            CryptographicOperations.ZeroMemory(_plain);
        }

        base.Dispose(disposing);
    }

    private async ValueTask SealNextAsync(CancellationToken cancellationToken)
    {
        // One byte more than a chunk tells whether it is the last. What a cancelled read brought stays in the buffer.
        while (_filled < _plain.Length)
        {
            var read = await _plainSource.ReadAsync(_plain.AsMemory(_filled), cancellationToken);
            if (read == 0)
            {
                _ended = true;
                break;
            }

            _filled += read;
        }

        var count = Math.Min(_filled, ChunkCipher.PlainSize);
        _cipher.Seal(_nextChunk++, _ended, _plain.AsSpan(0, count), _sealed);
        _plain[0] = _plain[ChunkCipher.PlainSize];
        _filled -= count;
        _ready = _sealed.AsMemory(0, count + ChunkCipher.TagSize);
    }
}
