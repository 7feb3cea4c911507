using System.Security.Cryptography;

namespace TfeBackup.Operations.Steps;

/// <summary>Reads through to another stream, counting and hashing the bytes read.</summary>
internal sealed class HashingStream(Stream inner, IProgress<long> progress) : ProgressStream(inner, progress)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The SHA-256 of the bytes read, in lower-case hexadecimal digits. Call it once.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    protected override void OnRead(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        base.OnRead(bytes);
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
