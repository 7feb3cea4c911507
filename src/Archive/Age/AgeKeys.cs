using System.Security.Cryptography;

namespace TfeBackup.Archive.Age;

/// <summary>The keys derived from a file key: for the header's MAC and for the payload.</summary>
internal static class AgeKeys
{
    public const int KeySize = 32;
    public const int MacSize = 32;
    public const int NonceSize = 16;

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

    public static void CheckFileKey(ReadOnlySpan<byte> fileKey)
    {
        if (fileKey.Length != AgeFile.FileKeySize)
        {
            throw ArchiveException.InvalidRequest(
                $"An age file key has {AgeFile.FileKeySize} bytes; this one has {fileKey.Length}.");
        }
    }
}
