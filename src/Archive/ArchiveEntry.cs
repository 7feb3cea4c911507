using System.Diagnostics.CodeAnalysis;

namespace TfeBackup.Archive;

/// <summary>One entry of a backup while it is being read.</summary>
public sealed class ArchiveEntry
{
    internal ArchiveEntry(ArchiveEntryKind kind, Layout.EntryName name, long size, ArchiveObject? item, Stream content)
    {
        Kind = kind;
        Path = name.Path;
        Size = size;
        Schema = name.TableSchema;
        Table = name.Table;
        Part = name.Number;
        Object = item;
        Content = content;
    }

    /// <summary>The kind of entry.</summary>
    public ArchiveEntryKind Kind { get; }

    /// <summary>Its path in the tar.</summary>
    public string Path { get; }

    /// <summary>Its content's bytes.</summary>
    public long Size { get; }

    /// <summary>The table's schema, unquoted; null unless it is a table part.</summary>
    public string? Schema { get; }

    /// <summary>The table's name, unquoted; null unless it is a table part.</summary>
    public string? Table { get; }

    /// <summary>The part's number from 0; 0 unless it is a table part.</summary>
    public int Part { get; }

    /// <summary>The object's key, length and metadata; null unless the entry is an object.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "An object of an object store is called that.")]
    public ArchiveObject? Object { get; }

    /// <summary>
    /// Its content, asynchronous only, valid until the next entry is read. Every byte is authentic as far as the password
    /// goes, but the backup counts only once the reader has reported its end.
    /// </summary>
    public Stream Content { get; }
}
