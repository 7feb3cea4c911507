using System.Security.Cryptography;
using TfeBackup.Archive.Age;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// The secret key with which a host signs the indexes it writes: Ed25519 (RFC 8032), in the form of <c>openssl genpkey -algorithm ed25519</c>.
/// </summary>
public sealed class SigningKey : IDisposable
{
    // PKCS #8 of an Ed25519 key (RFC 8410): what precedes its 32 bytes.
    private static readonly byte[] Prefix = Convert.FromHexString("302E020100300506032B657004220420");

    private readonly byte[] _seed;

    private SigningKey(byte[] seed)
    {
        _seed = seed;
        PublicKey = new VerifyingKey(Sodium.Ed25519Public(seed));
    }

    /// <summary>Checks what this key signs.</summary>
    public VerifyingKey PublicKey { get; }

    /// <summary>Makes a new key.</summary>
    public static SigningKey Create() => new(RandomNumberGenerator.GetBytes(Sodium.KeySize));

    /// <summary>Reads a key.</summary>
    /// <param name="pem">The PEM file.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/> for what is no Ed25519 private key.</exception>
    public static SigningKey Parse(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        var bytes = new byte[Prefix.Length + Sodium.KeySize];
        try
        {
            return Convert.TryFromBase64String(Pem.Read(pem, "PRIVATE KEY") ?? "", bytes, out var length)
                && length == bytes.Length
                && bytes.AsSpan().StartsWith(Prefix)
                    ? new SigningKey(bytes[Prefix.Length..])
                    : throw ArchiveException.InvalidRequest(
                        "This is not an Ed25519 private key: expected the PEM file that 'openssl genpkey -algorithm ed25519' writes.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>The key as a PEM file. It must not reach a log or a message.</summary>
    public string RevealPem() => Pem.Write("PRIVATE KEY", Convert.ToBase64String([.. Prefix, .. _seed]));

    /// <summary>Signs a message.</summary>
    /// <param name="message">The message.</param>
    /// <returns>The signature, 64 bytes.</returns>
    public byte[] Sign(ReadOnlySpan<byte> message) => Sodium.Ed25519Sign(_seed, message);

    /// <summary>Forgets the secret.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_seed);

    /// <summary>The public key; never the secret.</summary>
    public override string ToString() => PublicKey.ToString();
}
