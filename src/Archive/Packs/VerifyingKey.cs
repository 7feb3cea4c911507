using TfeBackup.Archive.Age;

namespace TfeBackup.Archive.Packs;

/// <summary>The public half of a <see cref="SigningKey"/>: Ed25519 (RFC 8032).</summary>
public sealed class VerifyingKey : IEquatable<VerifyingKey>
{
    // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): what precedes its 32 bytes.
    private static readonly byte[] Prefix = Convert.FromHexString("302A300506032B6570032100");

    private readonly byte[] _key;
    private readonly string _text;

    internal VerifyingKey(byte[] key)
    {
        _key = key;
        _text = Convert.ToBase64String([.. Prefix, .. key]);
    }

    /// <summary>Reads a key.</summary>
    /// <param name="text">The base64 text between the lines of a PEM file, <c>MCowBQYDK2VwAyEA…</c>, or the whole PEM file.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/> for what is no Ed25519 public key.</exception>
    public static VerifyingKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var base64 = Pem.Read(text, "PUBLIC KEY") ?? text;
        var bytes = new byte[Prefix.Length + Sodium.KeySize];
        return Convert.TryFromBase64String(base64, bytes, out var length) && length == bytes.Length && bytes.AsSpan().StartsWith(Prefix)
            ? new VerifyingKey(bytes[Prefix.Length..])
            : throw ArchiveException.InvalidRequest("This is not an Ed25519 public key: expected 'MCowBQYDK2VwAyEA' and 44 more characters of base64.");
    }

    /// <summary>True if the owner of the secret key signed a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="signature">The signature, 64 bytes.</param>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => Sodium.Ed25519Verify(_key, message, signature);

    /// <summary>The key as a PEM file, which <c>openssl pkeyutl -verify -pubin</c> reads.</summary>
    public string ToPem() => Pem.Write("PUBLIC KEY", _text);

    /// <inheritdoc/>
    public bool Equals(VerifyingKey? other) => other?._text == _text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VerifyingKey);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_text);

    /// <summary>The base64 text of the key, without the lines of a PEM file.</summary>
    public override string ToString() => _text;
}
