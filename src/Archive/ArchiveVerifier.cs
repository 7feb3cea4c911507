namespace TfeBackup.Archive;

/// <summary>Proves a backup whole.</summary>
public static class ArchiveVerifier
{
    /// <summary>
    /// Reads a backup to its end: every byte is decrypted, authenticated and decompressed, and every entry compared with the
    /// manifest.
    /// </summary>
    /// <param name="source">The file, at its start; need not be seekable; stays open.</param>
    /// <param name="password">The password it was made with.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>The totals.</returns>
    /// <exception cref="ArchiveException">It is not whole, not a backup, or not made with this password.</exception>
    public static async Task<ArchiveSummary> VerifyAsync(
        Stream source, string password, ArchiveReaderOptions? options, CancellationToken cancellationToken)
    {
        await using var reader = await ArchiveReader.OpenAsync(source, password, options, cancellationToken);
        return await VerifyAsync(reader, cancellationToken);
    }

    /// <summary>Reads an open backup to its end, with the same proof.</summary>
    /// <param name="reader">The backup, of which nothing has been read; stays open.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>The totals.</returns>
    /// <exception cref="ArchiveException">It is not whole.</exception>
    public static async Task<ArchiveSummary> VerifyAsync(ArchiveReader reader, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        while (await reader.ReadAsync(cancellationToken) is not null)
        {
            // Going on reads and hashes what was not read of the entry before.
        }

        return reader.Summary;
    }
}
