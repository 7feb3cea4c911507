using System.Security.Cryptography;

namespace TfeBackup.Archive.Age;

/// <summary>
/// The header of an age file (age-encryption.org/v1, "Header"): its recipient stanzas and the MAC over them. It can be read
/// without any key; nothing in it is to be trusted until <see cref="CheckMac"/> has accepted the file key.
/// </summary>
public sealed class AgeHeader
{
    private readonly byte[] _authenticated;
    private readonly byte[] _mac;

    internal AgeHeader(IReadOnlyList<AgeStanza> stanzas, byte[] authenticated, byte[] mac, int length)
    {
        Stanzas = stanzas;
        _authenticated = authenticated;
        _mac = mac;
        Length = length;
    }

    /// <summary>The recipient stanzas in the order they stand, at least one.</summary>
    public IReadOnlyList<AgeStanza> Stanzas { get; }

    /// <summary>The header's length in bytes, its last line feed included; the payload follows.</summary>
    public int Length { get; }

    /// <summary>
    /// Reads a header and leaves the stream at the payload's first byte: not a byte too many is read from a well-formed file.
    /// </summary>
    /// <param name="source">The file, at its start; need not be seekable.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException">
    /// <see cref="ArchiveError.Corrupt"/> for what is not an age header, <see cref="ArchiveError.Unsupported"/> for other
    /// versions and for ASCII armour.
    /// </exception>
    public static Task<AgeHeader> ReadAsync(Stream source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        return AgeHeaderReader.ReadAsync(source, cancellationToken);
    }

    /// <summary>Checks that whoever wrote this header knew the file key, and that nobody changed it since.</summary>
    /// <param name="fileKey">The file key, <see cref="AgeFile.FileKeySize"/> bytes.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.Corrupt"/> if not.</exception>
    public void CheckMac(ReadOnlySpan<byte> fileKey)
    {
        AgeKeys.CheckFileKey(fileKey);
        if (!CryptographicOperations.FixedTimeEquals(AgeKeys.HeaderMac(fileKey, _authenticated), _mac))
        {
            throw ArchiveException.Corrupt(
                $"The header (the first {Length} bytes) fails authentication: it was damaged or altered after it was written.");
        }
    }
}
