using System.Security.Cryptography;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Archive.Packs;

/// <summary>Reads through to a file, counts its bytes and hashes them.</summary>
internal sealed class HashingSource(Stream inner) : ReadThroughStream(inner)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The number of bytes read.</summary>
    public long Count { get; private set; }

    /// <summary>The hash of what was read, in lower-case hexadecimal.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    protected override void OnRead(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Count += bytes.Length;
    }

    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        base.Dispose(disposing);
    }
}
