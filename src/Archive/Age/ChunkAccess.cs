using System.Security.Cryptography;

namespace TfeBackup.Archive.Age;

/// <summary>
/// Reads any part of a payload in a seekable file. Opening it authenticates the last chunk as the last, and with it the
/// file's length; every chunk that is read later is authenticated on its own.
/// </summary>
internal sealed class ChunkAccess : IDisposable
{
    private readonly Stream _source;
    private readonly long _start;
    private readonly long _length;
    private readonly ChunkCipher _cipher;
    private readonly long _lastChunk;

    private ChunkAccess(Stream source, long start, long length, byte[] payloadKey)
    {
        _source = source;
        _start = start;
        _length = length;
        _cipher = new ChunkCipher(payloadKey);
        Length = AgeFile.PlainLength(length + AgeKeys.NonceSize);
        _lastChunk = (length - 1) / ChunkCipher.SealedSize;
    }

    /// <summary>The plain content's bytes.</summary>
    public long Length { get; }

    public static async Task<ChunkAccess> OpenAsync(
        AgeHeader header, Stream source, ReadOnlyMemory<byte> fileKey, CancellationToken cancellationToken)
    {
        header.CheckMac(fileKey.Span);
        var nonce = new byte[AgeKeys.NonceSize];
        long start = header.Length + nonce.Length;
        source.Position = header.Length;
        await ReadSourceAsync(source, nonce, cancellationToken);
        var payloadKey = AgeKeys.PayloadKey(fileKey.Span, nonce);
        try
        {
            var access = new ChunkAccess(source, start, source.Length - start, payloadKey);
            await access.ReadAsync(Math.Max(0, access.Length - 1), new byte[access.Length == 0 ? 0 : 1], cancellationToken);
            return access;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(payloadKey);
        }
    }

    /// <summary>Fills a buffer from an offset in the plain content, with one contiguous read of the file.</summary>
    public async ValueTask ReadAsync(long offset, Memory<byte> output, CancellationToken cancellationToken)
    {
        var first = Math.Min(offset / ChunkCipher.PlainSize, _lastChunk);
        var last = output.IsEmpty ? first : (offset + output.Length - 1) / ChunkCipher.PlainSize;
        var begin = first * ChunkCipher.SealedSize;
        var chunks = new byte[(int)(Math.Min((last + 1) * ChunkCipher.SealedSize, _length) - begin)];
        _source.Position = _start + begin;
        await ReadSourceAsync(_source, chunks, cancellationToken);

        var plain = new byte[ChunkCipher.PlainSize];
        var skip = (int)(offset - (first * ChunkCipher.PlainSize));
        for (var index = first; index <= last; index++)
        {
            var at = (int)((index - first) * ChunkCipher.SealedSize);
            var length = Math.Min(ChunkCipher.SealedSize, chunks.Length - at);
            if (!_cipher.TryOpen(index, index == _lastChunk, chunks.AsSpan(at, length), plain))
            {
                var truncated = index == _lastChunk ? ", or the file is truncated there or has data appended" : "";
                throw ArchiveException.Corrupt(
                    $"Chunk {index} of the encrypted data (byte {_start + begin + at}) fails authentication: it was damaged or " +
                    $"altered{truncated}. Fetch or make the backup again.");
            }

            var count = Math.Min(length - ChunkCipher.TagSize - skip, output.Length);
            plain.AsSpan(skip, count).CopyTo(output.Span);
            output = output[count..];
            skip = 0;
        }
    }

    public void Dispose() => _cipher.Dispose();

    private static async ValueTask ReadSourceAsync(Stream source, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (await source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken) < buffer.Length)
        {
            throw ArchiveException.Corrupt(
                $"The file ends at byte {source.Position}, before its expected end: it is truncated, or it changed while it was read.");
        }
    }
}
