namespace TfeBackup.Archive.Age;

/// <summary>
/// Some consecutive chunks of a payload: read as they come, then decrypted, on whichever thread. Whether the file goes on
/// behind them is known, because one byte more was asked for, and so is which chunk has to be the last.
/// </summary>
/// <param name="Sealed">The encrypted chunks.</param>
/// <param name="Length">Their bytes.</param>
/// <param name="FirstChunk">The first one's index.</param>
/// <param name="IsEnd">True if the file ends with them.</param>
internal sealed record ChunkBatch(byte[] Sealed, int Length, long FirstChunk, bool IsEnd)
{
    /// <summary>
    /// Decrypts the chunks up to the first that fails. A whole chunk that is only of the wrong kind is still released: it is
    /// what its writer wrote, and the failure follows when the reader comes to its end.
    /// </summary>
    public OpenedChunks Open(ReadOnlySpan<byte> payloadKey, byte[] plain, long payloadOffset)
    {
        using var cipher = new ChunkCipher(payloadKey);
        var read = 0;
        var written = 0;
        for (var index = FirstChunk; ; index++)
        {
            ReadOnlySpan<byte> chunk = Sealed.AsSpan(read, Math.Min(ChunkCipher.SealedSize, Length - read));
            var last = IsEnd && read + chunk.Length == Length;
            if (!cipher.TryOpen(index, last, chunk, plain.AsSpan(written)))
            {
                var offset = payloadOffset + (index * ChunkCipher.SealedSize);
                var isOtherKind = cipher.TryOpen(index, !last, chunk, plain.AsSpan(written));
                var released = isOtherKind && chunk.Length == ChunkCipher.SealedSize ? ChunkCipher.PlainSize : 0;
                return new OpenedChunks(plain, written + released, Explain(index, offset, chunk.Length, last, isOtherKind));
            }

            if (last && index > 0 && chunk.Length == ChunkCipher.TagSize)
            {
                return new OpenedChunks(plain, written, ArchiveException.Corrupt(
                    $"The encrypted data ends with an empty chunk {index}, which age forbids: this file was not written by a backup."));
            }

            read += chunk.Length;
            written += chunk.Length - ChunkCipher.TagSize;
            if (read == Length)
            {
                return new OpenedChunks(plain, written, null);
            }
        }
    }

    private static ArchiveException Explain(long index, long offset, int length, bool last, bool isOtherKind)
    {
        if (isOtherKind && last)
        {
            return ArchiveException.Corrupt(
                $"The file ends after chunk {index} (byte {offset + length}), which is not its last: it is truncated. " +
                "Fetch or make the backup again.");
        }

        if (isOtherKind)
        {
            return ArchiveException.Corrupt(
                $"The file continues after its last chunk {index} (at byte {offset + length}): data was appended to it.");
        }

        var truncated = last ? ", or the file is truncated there" : "";
        return ArchiveException.Corrupt(
            $"Chunk {index} of the encrypted data (bytes {offset} to {offset + length - 1}) fails authentication: it was " +
            $"damaged or altered{truncated}. Fetch or make the backup again.");
    }
}

/// <summary>The decrypted content of a batch.</summary>
/// <param name="Buffer">Holds the plain bytes.</param>
/// <param name="Length">The number of plain bytes.</param>
/// <param name="Failure">The failure that follows them; null if there is none.</param>
internal readonly record struct OpenedChunks(byte[] Buffer, int Length, ArchiveException? Failure);
