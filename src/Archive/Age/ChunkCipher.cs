using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TfeBackup.Archive.Age;

/// <summary>
/// The chunks of an age payload ("STREAM"): 64 KiB each, ChaCha20-Poly1305 under a nonce of an 11-byte counter and a byte
/// that marks the last chunk, so that chunks can be neither reordered nor left out nor added. Not thread-safe.
/// </summary>
internal sealed class ChunkCipher(ReadOnlySpan<byte> payloadKey) : IDisposable
{
    public const int PlainSize = 64 * 1024;
    public const int TagSize = 16;
    public const int SealedSize = PlainSize + TagSize;

    private const int NonceSize = 12;

    private readonly ChaCha20Poly1305 _cipher = new(payloadKey);

    /// <summary>Encrypts one chunk into <paramref name="output"/>, which is longer by <see cref="TagSize"/>.</summary>
    public void Seal(long index, bool last, ReadOnlySpan<byte> plain, Span<byte> output)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, index, last);
        _cipher.Encrypt(nonce, plain, output[..plain.Length], output.Slice(plain.Length, TagSize));
    }

    /// <summary>Decrypts one chunk; false where it is not the chunk of that index and kind, or not whole.</summary>
    public bool TryOpen(long index, bool last, ReadOnlySpan<byte> chunk, Span<byte> plain)
    {
        if (chunk.Length < TagSize)
        {
            return false;
        }

        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, index, last);
        var length = chunk.Length - TagSize;
        try
        {
            _cipher.Decrypt(nonce, chunk[..length], chunk[length..], plain[..length]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose() => _cipher.Dispose();

    private static void WriteNonce(Span<byte> nonce, long index, bool last)
    {
        nonce[..3].Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[3..11], index);
        nonce[11] = last ? (byte)1 : (byte)0;
    }
}
