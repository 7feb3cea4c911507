using System.Security.Cryptography;

namespace TfeBackup.Archive.Age;

/// <summary>The keys derived from a file key: for the header's MAC and for the payload.</summary>
internal static class AgeKeys
{
    public const int KeySize = 32;
    public const int MacSize = 32;
    public const int NonceSize = 16;

    /// <summary>The nonce under keys that encrypt one thing only.</summary>
    public static ReadOnlySpan<byte> ZeroNonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public static byte[] HeaderMac(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> header)
    {
        Span<byte> key = stackalloc byte[KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, [], "header"u8);
        var mac = HMACSHA256.HashData(key, header);
        CryptographicOperations.ZeroMemory(key);
        return mac;
    }

    public static byte[] PayloadKey(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> nonce)
    {
        var key = new byte[KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, nonce, "payload"u8);
        return key;
    }

    /// <summary>The key that wraps a file key for an X25519 recipient.</summary>
    public static void X25519WrapKey(ReadOnlySpan<byte> shared, ReadOnlySpan<byte> share, ReadOnlySpan<byte> recipient, Span<byte> key) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, key, [.. share, .. recipient], "age-encryption.org/v1/X25519"u8);

    public static void CheckFileKey(ReadOnlySpan<byte> fileKey)
    {
        if (fileKey.Length != AgeFile.FileKeySize)
        {
            throw ArchiveException.InvalidRequest(
                $"An age file key has {AgeFile.FileKeySize} bytes; this one has {fileKey.Length}.");
        }
    }
}
