using System.Globalization;
using System.Security.Cryptography;

namespace TfeBackup.TestSupport.Transit;

/// <summary>A named Transit key of type <c>aes256-gcm96</c>: its versions, and what they encrypt and decrypt.</summary>
internal sealed class TransitKey
{
    private const string Prefix = "vault:v";
    private const int KeySize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly Lock _changing = new();

    // Replaced, never changed, so that readers need no lock.
    private volatile (byte[] Key, DateTimeOffset Created)[] _versions = [(RandomNumberGenerator.GetBytes(KeySize), DateTimeOffset.UtcNow)];

    /// <summary>The newest version, which encrypts; versions count from 1.</summary>
    public int LatestVersion => _versions.Length;

    /// <summary>When each version was made.</summary>
    public IEnumerable<(int Version, DateTimeOffset Created)> Versions => _versions.Select((v, i) => (i + 1, v.Created));

    /// <summary>The oldest version that still decrypts.</summary>
    public int MinDecryptionVersion { get; set; } = 1;

    /// <summary>Whether the key may be deleted.</summary>
    public bool DeletionAllowed { get; set; }

    /// <summary>Adds a version.</summary>
    public void Rotate()
    {
        lock (_changing)
        {
            _versions = [.. _versions, (RandomNumberGenerator.GetBytes(KeySize), DateTimeOffset.UtcNow)];
        }
    }

    /// <summary>Encrypts a base64 plaintext into <c>vault:v&lt;n&gt;:…</c>.</summary>
    /// <exception cref="TransitRefusal">It is not base64.</exception>
    public (string Ciphertext, int Version) Encrypt(string base64)
    {
        byte[] plaintext;
        try
        {
            plaintext = Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw new TransitRefusal("failed to base64-decode plaintext");
        }

        return Encrypt(plaintext);
    }

    /// <summary>Encrypts bytes into <c>vault:v&lt;n&gt;:…</c>.</summary>
    public (string Ciphertext, int Version) Encrypt(ReadOnlySpan<byte> plaintext)
    {
        var versions = _versions;
        var sealedBytes = new byte[NonceSize + plaintext.Length + TagSize];
        var nonce = sealedBytes.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(versions[^1].Key, TagSize);
        cipher.Encrypt(nonce, plaintext, sealedBytes.AsSpan(NonceSize, plaintext.Length), sealedBytes.AsSpan(NonceSize + plaintext.Length));
        return (string.Create(CultureInfo.InvariantCulture, $"{Prefix}{versions.Length}:{Convert.ToBase64String(sealedBytes)}"), versions.Length);
    }

    /// <summary>Decrypts <c>vault:v&lt;n&gt;:…</c> into base64.</summary>
    /// <exception cref="TransitRefusal">This key did not make it, or its version no longer decrypts.</exception>
    public string Decrypt(string ciphertext)
    {
        if (!ciphertext.StartsWith(Prefix, StringComparison.Ordinal))
        {
            throw new TransitRefusal("invalid ciphertext: no prefix");
        }

        var separator = ciphertext.IndexOf(':', Prefix.Length);
        if (separator < 0)
        {
            throw new TransitRefusal("invalid ciphertext: wrong number of fields");
        }

        if (!int.TryParse(ciphertext.AsSpan(Prefix.Length..separator), NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version < 1)
        {
            throw new TransitRefusal("invalid ciphertext: version number could not be decoded");
        }

        var versions = _versions;
        if (version > versions.Length)
        {
            throw new TransitRefusal("invalid ciphertext: version is too new");
        }

        if (version < MinDecryptionVersion)
        {
            throw new TransitRefusal("ciphertext or signature version is disallowed by policy (too old)");
        }

        byte[] sealedBytes;
        try
        {
            sealedBytes = Convert.FromBase64String(ciphertext[(separator + 1)..]);
        }
        catch (FormatException)
        {
            throw new TransitRefusal("invalid ciphertext: could not decode base64");
        }

        if (sealedBytes.Length < NonceSize + TagSize)
        {
            throw new TransitRefusal("invalid ciphertext length");
        }

        var plaintext = new byte[sealedBytes.Length - NonceSize - TagSize];
        using var cipher = new AesGcm(versions[version - 1].Key, TagSize);
        try
        {
            cipher.Decrypt(sealedBytes.AsSpan(0, NonceSize), sealedBytes.AsSpan(NonceSize, plaintext.Length), sealedBytes.AsSpan(NonceSize + plaintext.Length), plaintext);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new TransitRefusal("invalid ciphertext: unable to decrypt");
        }

        return Convert.ToBase64String(plaintext);
    }
}
