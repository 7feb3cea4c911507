namespace TfeBackup.Archive;

/// <summary>One line of a backup's manifest.</summary>
public sealed record ArchiveIndexEntry
{
    internal ArchiveIndexEntry(Layout.ManifestLine line)
    {
        Path = line.Path!;
        var name = Layout.EntryName.Parse(Path);
        Schema = name?.TableSchema;
        Table = name?.Table;
        Offset = line.Offset!.Value;
        Size = line.Size!.Value;
        Sha256 = line.Sha256!;
        Rows = line.Rows;
        Changed = line.Changed is true;
    }

    /// <summary>The entry's path.</summary>
    public string Path { get; }

    /// <summary>The table's schema, unquoted; null unless it is a table part.</summary>
    public string? Schema { get; }

    /// <summary>The table's name, unquoted; null unless it is a table part.</summary>
    public string? Table { get; }

    /// <summary>Its content's bytes.</summary>
    public long Size { get; }

    /// <summary>Lower-case hexadecimal SHA-256 of its content.</summary>
    public string Sha256 { get; }

    /// <summary>The number of rows that end in it; null unless it is a table part.</summary>
    public long? Rows { get; }

    /// <summary>True if it is an object that was written to while it was read.</summary>
    public bool Changed { get; }

    /// <summary>The offset of its headers in the tar stream.</summary>
    internal long Offset { get; }
}
