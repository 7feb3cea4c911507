using System.Security.Cryptography;

namespace TfeBackup.Archive.Age;

/// <summary>
/// Files of the age format (age-encryption.org/v1) with recipient stanzas of the caller's choice: what wraps the file key is
/// the caller's business, header and payload are done here.
/// </summary>
public static class AgeFile
{
    /// <summary>The size of a file key in bytes.</summary>
    public const int FileKeySize = 16;

    /// <summary>A fresh random file key. No two files may share one.</summary>
    public static byte[] CreateFileKey() => RandomNumberGenerator.GetBytes(FileKeySize);

    /// <summary>
    /// Writes a header and returns the stream that encrypts the payload behind it. The file is whole once that stream's
    /// <see cref="AgeEncryptingStream.CompleteAsync"/> has returned; <paramref name="destination"/> stays open.
    /// </summary>
    /// <param name="destination">Takes the file.</param>
    /// <param name="stanzas">The recipient stanzas that wrap the file key, at least one.</param>
    /// <param name="fileKey">The file key, <see cref="FileKeySize"/> bytes, used for this file only.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public static Task<AgeEncryptingStream> CreateEncryptingStreamAsync(
        Stream destination,
        IReadOnlyList<AgeStanza> stanzas,
        ReadOnlyMemory<byte> fileKey,
        CancellationToken cancellationToken) =>
        CreateEncryptingStreamAsync(destination, stanzas, fileKey, chunksPerJob: 1, jobs: 1, cancellationToken);

    /// <summary>
    /// An age file that is made while it is read: the header, then what <paramref name="plain"/> yields, encrypted. Neither
    /// stream is disposed with the other.
    /// </summary>
    /// <param name="plain">The content.</param>
    /// <param name="stanzas">The recipient stanzas that wrap the file key, at least one.</param>
    /// <param name="fileKey">The file key, <see cref="FileKeySize"/> bytes, used for this file only.</param>
    public static Stream CreateEncryptedContentStream(
        Stream plain, IReadOnlyList<AgeStanza> stanzas, ReadOnlySpan<byte> fileKey)
    {
        ArgumentNullException.ThrowIfNull(plain);
        var start = WriteStart(stanzas, fileKey, out var payloadKey);
        return new AgeEncryptedContentStream(plain, start, payloadKey);
    }

    /// <summary>Checks the header's MAC and returns the stream of the plain content.</summary>
    /// <param name="header">The file's header.</param>
    /// <param name="payload">The rest of the file, behind the header; stays open.</param>
    /// <param name="fileKey">The file key, <see cref="FileKeySize"/> bytes.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.Corrupt"/> if the header was altered or the file ends in it.</exception>
    public static Task<AgeDecryptingStream> CreateDecryptingStreamAsync(
        AgeHeader header, Stream payload, ReadOnlyMemory<byte> fileKey, CancellationToken cancellationToken) =>
        CreateDecryptingStreamAsync(header, payload, fileKey, chunksPerBatch: 1, ahead: 0, cancellationToken);

    /// <summary>The plain content's length in a file whose payload (everything behind the header) has a given length.</summary>
    /// <param name="payloadLength">The payload's bytes.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveError.Corrupt"/> for a length no payload has.</exception>
    public static long PlainLength(long payloadLength)
    {
        var chunks = payloadLength - AgeKeys.NonceSize;
        var last = chunks % ChunkCipher.SealedSize;
        var isWhole = last == 0 || last > ChunkCipher.TagSize || chunks == ChunkCipher.TagSize;
        if (chunks < ChunkCipher.TagSize || !isWhole)
        {
            throw ArchiveException.Corrupt($"A payload of {payloadLength} bytes is impossible in an age file: this file is truncated or damaged.");
        }

        return chunks - (ChunkCount(chunks, ChunkCipher.SealedSize) * ChunkCipher.TagSize);
    }

    /// <summary>The length of a whole age file.</summary>
    /// <param name="stanzas">Its recipient stanzas.</param>
    /// <param name="plainLength">The plain content's bytes.</param>
    public static long EncryptedLength(IReadOnlyList<AgeStanza> stanzas, long plainLength)
    {
        ArgumentNullException.ThrowIfNull(stanzas);
        ArgumentOutOfRangeException.ThrowIfNegative(plainLength);
        var authenticated = AgeHeaderText.WriteAuthenticated(stanzas).Length;
        var header = authenticated - AgeHeaderText.FooterPrefix.Length + AgeHeaderText.FooterLength;
        var chunks = Math.Max(1, ChunkCount(plainLength, ChunkCipher.PlainSize));
        return header + AgeKeys.NonceSize + plainLength + (chunks * ChunkCipher.TagSize);
    }

    internal static async Task<AgeEncryptingStream> CreateEncryptingStreamAsync(
        Stream destination,
        IReadOnlyList<AgeStanza> stanzas,
        ReadOnlyMemory<byte> fileKey,
        int chunksPerJob,
        int jobs,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var start = WriteStart(stanzas, fileKey.Span, out var payloadKey);
        await destination.WriteAsync(start, cancellationToken);
        return new AgeEncryptingStream(destination, payloadKey, chunksPerJob, jobs);
    }

    internal static async Task<AgeDecryptingStream> CreateDecryptingStreamAsync(
        AgeHeader header,
        Stream payload,
        ReadOnlyMemory<byte> fileKey,
        int chunksPerBatch,
        int ahead,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(payload);
        header.CheckMac(fileKey.Span);
        var nonce = new byte[AgeKeys.NonceSize];
        var read = await payload.ReadAtLeastAsync(nonce, nonce.Length, throwOnEndOfStream: false, cancellationToken);
        if (read < nonce.Length)
        {
            throw ArchiveException.Corrupt(
                $"The file ends after {header.Length + read} bytes, right after its header: it is truncated. Fetch or make the backup again.");
        }

        var payloadKey = AgeKeys.PayloadKey(fileKey.Span, nonce);
        return new AgeDecryptingStream(payload, payloadKey, chunksPerBatch, ahead, header.Length + nonce.Length);
    }

    private static byte[] WriteStart(IReadOnlyList<AgeStanza> stanzas, ReadOnlySpan<byte> fileKey, out byte[] payloadKey)
    {
        ArgumentNullException.ThrowIfNull(stanzas);
        AgeKeys.CheckFileKey(fileKey);
        var nonce = RandomNumberGenerator.GetBytes(AgeKeys.NonceSize);
        payloadKey = AgeKeys.PayloadKey(fileKey, nonce);
        return [.. AgeHeaderText.Write(stanzas, fileKey), .. nonce];
    }

    private static long ChunkCount(long length, int size) => (length + size - 1) / size;
}
