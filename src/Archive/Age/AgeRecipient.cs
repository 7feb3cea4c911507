using System.Security.Cryptography;

namespace TfeBackup.Archive.Age;

/// <summary>
/// A public key that files are encrypted to: <c>age1…</c>, age's native recipient (age-encryption.org/v1, "The X25519 recipient type").
/// </summary>
public sealed class AgeRecipient : IEquatable<AgeRecipient>
{
    internal const string StanzaType = "X25519";

    private const string Prefix = "age";

    private readonly byte[] _point;
    private readonly string _text;

    internal AgeRecipient(byte[] point)
    {
        _point = point;
        _text = Bech32.Encode(Prefix, point);
    }

    internal ReadOnlySpan<byte> Point => _point;

    /// <summary>Reads a recipient.</summary>
    /// <param name="text">The recipient as age writes it, <c>age1</c> and 58 characters.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/> for what is no such recipient.</exception>
    public static AgeRecipient Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!Bech32.TryDecode(text, Prefix, Sodium.KeySize, out var point) || text[0] != Prefix[0])
        {
            // What was given may be a secret key by mistake, so it is not repeated.
            throw ArchiveException.InvalidRequest(
                "This is not an age recipient: expected 'age1' and 58 more characters, as 'age-keygen -y' prints it. Plugins, SSH keys and " +
                "post-quantum recipients are not supported.");
        }

        return new AgeRecipient(point);
    }

    /// <inheritdoc/>
    public bool Equals(AgeRecipient? other) => other?._text == _text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AgeRecipient);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_text);

    /// <summary>The recipient as age writes it.</summary>
    public override string ToString() => _text;

    /// <summary>Wraps a file key for this recipient.</summary>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/> if the recipient is a point that protects nothing.</exception>
    internal AgeStanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        var scalar = RandomNumberGenerator.GetBytes(Sodium.KeySize);
        Span<byte> shared = stackalloc byte[Sodium.KeySize];
        Span<byte> key = stackalloc byte[AgeKeys.KeySize];
        try
        {
            var share = Sodium.X25519Base(scalar);
            if (!Sodium.TryX25519(scalar, _point, shared))
            {
                throw ArchiveException.InvalidRequest($"The recipient '{_text}' is no valid public key: anybody could read what is encrypted to it.");
            }

            AgeKeys.X25519WrapKey(shared, share, _point, key);
            var body = new byte[AgeFile.FileKeySize + ChunkCipher.TagSize];
            using var cipher = new ChaCha20Poly1305(key);
            cipher.Encrypt(AgeKeys.ZeroNonce, fileKey, body.AsSpan(0, AgeFile.FileKeySize), body.AsSpan(AgeFile.FileKeySize));
            return new AgeStanza(StanzaType, [AgeBase64.Encode(share)], body);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
