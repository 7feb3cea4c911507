using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TfeBackup.Archive.Age;

/// <summary>The <c>scrypt</c> recipient of age: a file key wrapped by a password.</summary>
internal static partial class AgePassword
{
    public const string StanzaType = "scrypt";
    public const int MaxWorkFactor = 22;

    private const int SaltSize = 16;
    private const int TagSize = 16;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Wraps a file key under a password.</summary>
    public static async Task<AgeStanza> WrapAsync(
        ReadOnlyMemory<byte> fileKey, string password, int workFactor, CancellationToken cancellationToken)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var key = await DeriveAsync(password, salt, workFactor, cancellationToken);
        var body = new byte[AgeFile.FileKeySize + TagSize];
        using (var cipher = new ChaCha20Poly1305(key))
        {
            cipher.Encrypt(
                AgeKeys.ZeroNonce, fileKey.Span, body.AsSpan(0, AgeFile.FileKeySize), body.AsSpan(AgeFile.FileKeySize));
        }

        CryptographicOperations.ZeroMemory(key);
        return new AgeStanza(
            StanzaType, [AgeBase64.Encode(salt), workFactor.ToString(CultureInfo.InvariantCulture)], body);
    }

    /// <summary>Unwraps the file key of a header that has a password stanza.</summary>
    public static async Task<byte[]> UnwrapAsync(
        AgeHeader header, string password, int maxWorkFactor, CancellationToken cancellationToken)
    {
        var stanza = FindStanza(header);
        var salt = CheckStanza(stanza, maxWorkFactor, out var workFactor);
        var key = await DeriveAsync(password, salt, workFactor, cancellationToken);
        var fileKey = new byte[AgeFile.FileKeySize];
        try
        {
            using var cipher = new ChaCha20Poly1305(key);
            cipher.Decrypt(
                AgeKeys.ZeroNonce, stanza.Body.Span[..AgeFile.FileKeySize], stanza.Body.Span[AgeFile.FileKeySize..], fileKey);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new ArchiveException(
                ArchiveError.WrongPassword,
                "The password does not open this backup. Check that it is the password the backup was made with; if it is, " +
                "the first lines of the file are damaged.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }

        return fileKey;
    }

    /// <summary>Refuses passwords that cannot be used before any work is done.</summary>
    public static void CheckPassword(string password)
    {
        ArgumentNullException.ThrowIfNull(password);
        if (password.Length == 0)
        {
            throw ArchiveException.InvalidRequest("The password is empty. Give the password that encrypts the backup.");
        }

        CryptographicOperations.ZeroMemory(Utf8(password));
    }

    private static AgeStanza FindStanza(AgeHeader header)
    {
        var stanza = header.Stanzas.FirstOrDefault(s => s.Type == StanzaType);
        if (stanza is null)
        {
            throw ArchiveException.Unsupported(
                $"The file is encrypted to a different kind of recipient ({string.Join(", ", header.Stanzas.Select(s => s.Type))}), " +
                "not with a password. Backups are encrypted with a password; decrypt the file with the tool that made it.");
        }

        // A second way in would let whoever added it hand over a file that the password's owner takes for their own.
        if (header.Stanzas.Count != 1)
        {
            throw ArchiveException.Corrupt(
                "The header has recipients besides the password, which age forbids. The file was altered.");
        }

        return stanza;
    }

    private static byte[] CheckStanza(AgeStanza stanza, int maxWorkFactor, out int workFactor)
    {
        workFactor = 0;
        if (stanza.Arguments.Count != 2
            || !AgeBase64.TryDecode(Encoding.ASCII.GetBytes(stanza.Arguments[0]), out var salt)
            || salt.Length != SaltSize
            || !WorkFactorPattern().IsMatch(stanza.Arguments[1]))
        {
            throw ArchiveException.Corrupt("The header's password stanza is malformed: the first lines of the file are damaged.");
        }

        // The length is checked before decrypting: with a longer body one ciphertext could fit several passwords.
        if (stanza.Body.Length != AgeFile.FileKeySize + TagSize)
        {
            throw ArchiveException.Corrupt(
                $"The header's password stanza wraps {stanza.Body.Length} bytes instead of {AgeFile.FileKeySize + TagSize}: " +
                "the first lines of the file are damaged.");
        }

        // Refused before the work is done: each step doubles time and memory, and the header is not authenticated yet.
        if (!int.TryParse(stanza.Arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out workFactor)
            || workFactor > maxWorkFactor)
        {
            throw ArchiveException.Unsupported(
                $"The password's work factor is {stanza.Arguments[1]}; this reader accepts at most {maxWorkFactor}. Either the first " +
                "lines of the file are damaged, or it was made to exhaust the machine that reads it.");
        }

        return salt;
    }

    private static async Task<byte[]> DeriveAsync(
        string password, byte[] salt, int workFactor, CancellationToken cancellationToken)
    {
        var utf8 = Utf8(password);
        try
        {
            byte[] labelled = [.. "age-encryption.org/v1/scrypt"u8, .. salt];
            return await Scrypt.DeriveAsync(utf8, labelled, workFactor, AgeKeys.KeySize, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
        }
    }

    private static byte[] Utf8(string password)
    {
        try
        {
            return StrictUtf8.GetBytes(password);
        }
        catch (EncoderFallbackException)
        {
            throw ArchiveException.InvalidRequest("The password is not valid Unicode text. Passwords are encoded as UTF-8.");
        }
    }

    [GeneratedRegex(@"\A[1-9][0-9]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex WorkFactorPattern();
}
