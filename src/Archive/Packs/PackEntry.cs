using System.Diagnostics.CodeAnalysis;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;

namespace TfeBackup.Archive.Packs;

/// <summary>One entry of a pack while it is being read.</summary>
public sealed class PackEntry
{
    internal PackEntry(PackPath path, TarEntry header, ObjectComment? comment, Stream content)
    {
        Path = path.Path;
        Offset = header.Offset;
        Size = header.Size;
        Schema = path.TableSchema;
        Table = path.TableName;
        FirstPage = path.FirstPage;
        Segment = path.Segment;
        Object = path.Kind == PackPathKind.Object ? ObjectDescription.Create(path.Key!, header.Size, comment) : null;
        Content = content;
    }

    /// <summary>Its path in the tar.</summary>
    public string Path { get; }

    /// <summary>The offset of its first header in the tar.</summary>
    public long Offset { get; }

    /// <summary>Its content's bytes.</summary>
    public long Size { get; }

    /// <summary>The table's schema, unquoted; null unless it is a part of a table.</summary>
    public string? Schema { get; }

    /// <summary>The table's name, unquoted; null unless it is a part of a table.</summary>
    public string? Table { get; }

    /// <summary>The part's first page; 0 unless it is a part of a table.</summary>
    public long FirstPage { get; }

    /// <summary>The number of the part's segment; 0 unless it is a part of a table.</summary>
    public int Segment { get; }

    /// <summary>The object's key, length and metadata; null unless the entry is an object.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "An object of an object store is called that.")]
    public ArchiveObject? Object { get; }

    /// <summary>Its content, asynchronous only, valid until the next entry is read.</summary>
    public Stream Content { get; }
}
