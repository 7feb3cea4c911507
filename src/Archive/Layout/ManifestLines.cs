namespace TfeBackup.Archive.Layout;

/// <summary>Reads a manifest part's lines.</summary>
internal static class ManifestLines
{
    public static IEnumerable<(ManifestLine Line, string Where)> Read(string path, byte[] content)
    {
        var count = 0;
        var start = 0;
        while (start < content.Length)
        {
            var length = content.AsSpan(start).IndexOf((byte)'\n');
            var where = $"Line {++count} of '{path}'";
            if (length < 0 || count > FormatLimits.ManifestPartLines)
            {
                throw ArchiveException.Corrupt($"{where} is incomplete, or exceeds the {FormatLimits.ManifestPartLines} lines a part may have.");
            }

            yield return (ArchiveJson.Read(content.AsSpan(start, length), ArchiveJson.Default.ManifestLine, where), where);
            start += length + 1;
        }
    }
}
