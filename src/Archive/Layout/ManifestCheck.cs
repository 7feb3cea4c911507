using System.Security.Cryptography;

namespace TfeBackup.Archive.Layout;

/// <summary>
/// Compares the manifest with the entries that were seen. It keeps only the entries that no manifest part has listed yet,
/// whose number the format bounds.
/// </summary>
internal sealed class ManifestCheck(Tally tally)
{
    private readonly Queue<ManifestLine> _unlisted = new();
    private readonly List<ManifestPart> _parts = [];

    /// <summary>Takes note of an entry that was read to its end.</summary>
    public void Add(ManifestLine entry)
    {
        _unlisted.Enqueue(entry);
        if (_unlisted.Count > FormatLimits.ManifestPartLines)
        {
            throw ArchiveException.Corrupt(
                $"No manifest part lists the {FormatLimits.ManifestPartLines} entries before '{entry.Path}'; expected one that does.");
        }
    }

    /// <summary>Compares a manifest part.</summary>
    public void CheckPart(string path, long offset, byte[] content)
    {
        var lines = 0;
        foreach ((var line, var where) in ManifestLines.Read(path, content))
        {
            lines++;
            CheckLine(line, where);
        }

        if (lines == 0)
        {
            // They cost a writer next to nothing, and a reader has to remember each.
            throw ArchiveException.Corrupt($"'{path}' is empty; a manifest part lists at least one entry.");
        }

        _parts.Add(new ManifestPart
        {
            Path = path,
            Offset = offset,
            Size = content.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)),
            Lines = lines,
        });
    }

    /// <summary>Compares <c>manifest.json</c> and returns the totals.</summary>
    public ArchiveSummary CheckManifest(ReadOnlySpan<byte> content, string id, int tables)
    {
        if (_unlisted.TryPeek(out var unlisted))
        {
            throw ArchiveException.Corrupt($"The manifest does not list the entry '{unlisted.Path}'.");
        }

        var claimed = ArchiveJson.Read(content, ArchiveJson.Default.Manifest, $"'{EntryName.ManifestPath}'");
        var found = tally.ToManifest(id, tables, _parts);
        if (!ArchiveJson.Write(claimed, ArchiveJson.Readable.Manifest).AsSpan()
                .SequenceEqual(ArchiveJson.Write(found, ArchiveJson.Readable.Manifest)))
        {
            throw ArchiveException.Corrupt(
                $"'{EntryName.ManifestPath}' does not match the backup: it says {Describe(claimed)}, found were {Describe(found)}.");
        }

        return Tally.Summarise(found, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    private static string Describe(Manifest m) =>
        $"{m.Entries} entries with {m.Rows} rows in {m.TableParts} parts of {m.Tables} tables, {m.Objects} objects, " +
        $"{m.Vanished} vanished, {m.TableBytes}+{m.ObjectBytes} bytes, {m.Parts.Count} manifest parts";

    private void CheckLine(ManifestLine line, string where)
    {
        if (line.Vanished is not null)
        {
            if (line != new ManifestLine { Vanished = line.Vanished } || EntryName.FaultOfKey(line.Vanished) is not null)
            {
                throw ArchiveException.Corrupt($"{where} has an invalid record of a vanished object.");
            }

            tally.Vanished++;
            return;
        }

        if (line.Column is { } column)
        {
            if (line != new ManifestLine { Column = column, Decrypted = line.Decrypted, Plain = line.Plain }
                || line is not { Decrypted: >= 0, Plain: >= 0 } || tally.Columns.Count == FormatLimits.Remarks)
            {
                throw ArchiveException.Corrupt($"{where} has an invalid record of a column.");
            }

            tally.Columns.Add(new ArchiveColumn(column, line.Decrypted.Value, line.Plain.Value));
            return;
        }

        if (line.Broken is { } broken)
        {
            if (line != new ManifestLine { Broken = broken } || tally.Broken.Count == FormatLimits.Remarks)
            {
                throw ArchiveException.Corrupt($"{where} has an invalid record of a constraint.");
            }

            tally.Broken.Add(broken);
            return;
        }

        if (!_unlisted.TryDequeue(out var found))
        {
            throw ArchiveException.Corrupt($"{where} lists '{line.Path}', which is not in the backup.");
        }

        var changed = line.Changed is true && EntryName.Parse(found.Path!)?.Kind == EntryNameKind.Object;
        tally.Changed += changed ? 1 : 0;
        if ((changed ? line with { Changed = null } : line) != found)
        {
            throw ArchiveException.Corrupt(
                $"{where} does not match the entry '{found.Path}': it says '{line.Path}', {line.Size} bytes, SHA-256 {line.Sha256}, " +
                $"rows {line.Rows}, at {line.Offset}; found were {found.Size} bytes, SHA-256 {found.Sha256}, rows {found.Rows}, at {found.Offset}.");
        }
    }
}
