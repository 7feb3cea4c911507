using System.Text;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;

namespace TfeBackup.Archive.Packs;

/// <summary>Compares a whole pack with what an index says of it.</summary>
public static class PackVerifier
{
    /// <summary>Reads a pack to its end and compares it.</summary>
    /// <param name="source">The file, at its start; need not be seekable; stays open.</param>
    /// <param name="pack">What the index says of the pack.</param>
    /// <param name="entries">What the index says of its entries: all that name this pack, in any order.</param>
    /// <param name="identity">The repository's identity.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ArchiveException">As <see cref="PackReader"/>, and <see cref="ArchiveError.Corrupt"/> where anything differs.</exception>
    public static async Task VerifyAsync(
        Stream source, PackUse pack, IReadOnlyList<IndexEntry> entries, AgeIdentity identity, PackOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(entries);
        var name = PackReader.NameOf(pack.Pack);
        var expected = new Dictionary<long, IndexEntry>();
        foreach (var entry in entries)
        {
            if (entry.Pack != pack.Pack || entry.Offset is not { } offset || !expected.TryAdd(offset, entry))
            {
                throw ArchiveException.Corrupt($"{name} does not hold '{entry.Path}' at byte {entry.Offset}, where the index places it.");
            }
        }

        await using var reader = await PackReader.OpenAsync(source, pack.Pack, identity, options, cancellationToken);
        using var digest = new EntryDigest();
        var buffer = new byte[128 << 10];
        var count = 0;
        long bytes = 0;
        while (await reader.ReadAsync(cancellationToken) is { } found)
        {
            count++;
            bytes += found.Size;
            if (!expected.Remove(found.Offset, out var entry))
            {
                continue;
            }

            Check(entry, found, name);
            digest.Begin(countsRows: entry.Rows is not null);
            int read;
            while ((read = await found.Content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                digest.Add(buffer.AsSpan(0, read));
            }

            if (digest.End() != entry.Sha256 || (entry.Rows is not null && digest.Rows != entry.Rows))
            {
                throw ArchiveException.Corrupt($"{name} does not hold '{entry.Path}' as the index says: its SHA-256 or its number of rows differs.");
            }
        }

        if (expected.Count > 0)
        {
            var missing = expected.Values.First();
            throw ArchiveException.Corrupt($"{name} does not hold '{missing.Path}' at byte {missing.Offset}, where the index places it.");
        }

        if (count != pack.Entries || bytes != pack.Bytes)
        {
            throw ArchiveException.Corrupt(
                $"{name} holds {count} entries of {bytes} bytes; the index says {pack.Entries} of {pack.Bytes}.");
        }
    }

    /// <summary>Compares the headers at an entry's place with what the index says.</summary>
    internal static void CheckHeader(IndexEntry entry, TarEntry? header, string name)
    {
        if (header is null)
        {
            throw ArchiveException.Corrupt($"{name} does not hold '{entry.Path}' at byte {entry.Offset}, where the index places it.");
        }

        PackReader.Describe(header, name, out var path, out var comment);
        Check(entry, new PackEntry(path, header, comment, Stream.Null), name);
    }

    private static void Check(IndexEntry entry, PackEntry found, string name)
    {
        var hasComment = found.Object is null ? null : ObjectComment.For(found.Object);
        var isSame = found.Path == entry.Path && found.Size == entry.Size && Text(hasComment) == Text(entry.Comment);
        if (!isSame)
        {
            throw ArchiveException.Corrupt(
                $"{name} holds '{found.Path}' of {found.Size} bytes at byte {found.Offset}, where the index places '{entry.Path}' of {entry.Size} bytes, " +
                "or its metadata differs.");
        }
    }

    private static string? Text(ObjectComment? comment) =>
        comment is null ? null : Encoding.UTF8.GetString(ArchiveJson.Write(comment, ArchiveJson.Readable.ObjectComment));
}
