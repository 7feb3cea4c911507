using System.Security.Cryptography;
using System.Text;

namespace TfeBackup.Archive.Age;

/// <summary>
/// A secret key that opens what is encrypted to its <see cref="Recipient"/>: <c>AGE-SECRET-KEY-1…</c>, age's native identity
/// (age-encryption.org/v1, "The X25519 recipient type").
/// </summary>
public sealed class AgeIdentity : IDisposable
{
    private const string Prefix = "age-secret-key-";

    private readonly byte[] _scalar;

    private AgeIdentity(byte[] scalar)
    {
        _scalar = scalar;
        Recipient = new AgeRecipient(Sodium.X25519Base(scalar));
    }

    /// <summary>Its public key.</summary>
    public AgeRecipient Recipient { get; }

    /// <summary>Makes a new identity.</summary>
    public static AgeIdentity Create() => new(RandomNumberGenerator.GetBytes(Sodium.KeySize));

    /// <summary>Reads an identity.</summary>
    /// <param name="text">The identity as age writes it, <c>AGE-SECRET-KEY-1</c> and 58 characters.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.InvalidRequest"/> for what is no such identity.</exception>
    public static AgeIdentity Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Bech32.TryDecode(text, Prefix, Sodium.KeySize, out var scalar) && text[0] == 'A'
            ? new AgeIdentity(scalar)
            : throw ArchiveException.InvalidRequest(
                "This is not an age identity: expected 'AGE-SECRET-KEY-1' and 58 more characters, as 'age-keygen' writes it.");
    }

    /// <summary>The secret, as age writes it. It must not reach a log or a message.</summary>
    public string Reveal() => Bech32.Encode(Prefix, _scalar).ToUpperInvariant();

    /// <summary>Forgets the secret.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_scalar);

    /// <summary>The recipient; never the secret.</summary>
    public override string ToString() => Recipient.ToString();

    /// <summary>Unwraps a file's key with the first of some identities that fits one of its stanzas.</summary>
    /// <exception cref="ArchiveException">
    /// <see cref="ArchiveError.WrongPassword"/> if none fits, <see cref="ArchiveError.Corrupt"/> for a stanza that nobody may write.
    /// </exception>
    internal static byte[] Unwrap(AgeHeader header, IReadOnlyList<AgeIdentity> identities)
    {
        if (header.Stanzas.Any(s => s.Type == AgePassword.StanzaType))
        {
            throw header.Stanzas.Count == 1
                ? ArchiveException.Unsupported("The file is encrypted with a password, not to a key.")
                : ArchiveException.Corrupt("The header has recipients besides the password, which age forbids. The file was altered.");
        }

        byte[]? fileKey = null;
        foreach (var stanza in header.Stanzas.Where(s => s.Type == AgeRecipient.StanzaType))
        {
            // Every stanza is looked at, so that a malformed one is refused wherever it stands.
            var share = CheckStanza(stanza);
            foreach (var identity in identities)
            {
                fileKey = identity.TryUnwrap(share, stanza.Body.Span, fileKey);
            }
        }

        return fileKey ?? throw new ArchiveException(
            ArchiveError.WrongPassword,
            $"The file is not encrypted to {(identities.Count == 1 ? $"'{identities[0]}'" : $"any of the {identities.Count} keys at hand")}. " +
            "Give the identity that belongs to it.");
    }

    private static byte[] CheckStanza(AgeStanza stanza)
    {
        if (stanza.Arguments.Count != 1
            || !AgeBase64.TryDecode(Encoding.ASCII.GetBytes(stanza.Arguments[0]), out var share)
            || share.Length != Sodium.KeySize)
        {
            throw ArchiveException.Corrupt("A recipient in the header is malformed: the first lines of the file are damaged.");
        }

        // Before decrypting: with a longer body one ciphertext could fit several keys.
        return stanza.Body.Length == AgeFile.FileKeySize + ChunkCipher.TagSize
            ? share
            : throw ArchiveException.Corrupt(
                $"A recipient in the header wraps {stanza.Body.Length} bytes instead of {AgeFile.FileKeySize + ChunkCipher.TagSize}: " +
                "the first lines of the file are damaged.");
    }

    /// <summary>The file key, if this identity opens a body and none did before; otherwise what was found before.</summary>
    private byte[]? TryUnwrap(byte[] share, ReadOnlySpan<byte> body, byte[]? found)
    {
        Span<byte> shared = stackalloc byte[Sodium.KeySize];
        Span<byte> key = stackalloc byte[AgeKeys.KeySize];
        try
        {
            if (!Sodium.TryX25519(_scalar, share, shared))
            {
                throw ArchiveException.Corrupt("A recipient in the header has a share that fits every key: the file was made to deceive.");
            }

            AgeKeys.X25519WrapKey(shared, share, Recipient.Point, key);
            var fileKey = new byte[AgeFile.FileKeySize];
            using var cipher = new ChaCha20Poly1305(key);
            cipher.Decrypt(AgeKeys.ZeroNonce, body[..AgeFile.FileKeySize], body[AgeFile.FileKeySize..], fileKey);
            return found ?? fileKey;
        }
        catch (AuthenticationTagMismatchException)
        {
            return found;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
