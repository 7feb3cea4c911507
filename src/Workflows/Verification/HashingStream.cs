using System.Security.Cryptography;
using TfeBackup.Archive.Buffers;

namespace TfeBackup.Workflows.Verification;

/// <summary>Reads through to another stream, counting and hashing what is read.</summary>
internal sealed class HashingStream(Stream inner, IProgress<long> progress) : ReadThroughStream(inner)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>How many bytes were read.</summary>
    public long Count { get; private set; }

    /// <summary>The SHA-256 of what was read, in lower-case hexadecimal digits; once.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    protected override void See(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Count += bytes.Length;
        progress.Report(Count);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
