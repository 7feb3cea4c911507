using System.Text.Json.Serialization;
using TfeBackup.Archive.Buffers;
using TfeBackup.Archive.Layout;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// One line of an index: a table, a part of a table, an object, or one of the two descriptions of the database, and where its content is
/// (FORMAT-2.md, "Index"). What belongs to one kind only is null on the others.
/// </summary>
public sealed record IndexEntry
{
    private const string ObjectPrefix = "objects/";

    /// <summary>The path in the tree; of a table, its folder, with a slash at the end.</summary>
    public required string Path { get; init; }

    /// <summary>Of a table: identifies everything the text of its rows depends on besides the rows.</summary>
    public string? Layout { get; init; }

    /// <summary>Of a table: the number of pages in a part.</summary>
    public int? PagesPerPart { get; init; }

    /// <summary>The content's bytes.</summary>
    public long? Size { get; init; }

    /// <summary>Lower-case hexadecimal SHA-256 of the content.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The pack that holds it: the lower-case hexadecimal SHA-256 of its file.</summary>
    public string? Pack { get; init; }

    /// <summary>The offset of its first header in the pack's tar.</summary>
    public long? Offset { get; init; }

    /// <summary>Of a part: the rows that end in it.</summary>
    public long? Rows { get; init; }

    /// <summary>Of a part: the xmin, in 64 bits, of the snapshot it was last compared under.</summary>
    public long? Snapshot { get; init; }

    /// <summary>Of an object: what the store said identifies this content; null if nothing does.</summary>
    public string? Version { get; init; }

    /// <summary>When the content was last read from its source: seconds since 1970.</summary>
    public long? Compared { get; init; }

    /// <summary>Of an object: true where somebody wrote to it while it was read; otherwise null.</summary>
    public bool? Changed { get; init; }

    /// <summary>Of an object: true where it was listed and then was not there; it has no content. Otherwise null.</summary>
    public bool? Vanished { get; init; }

    /// <summary>Of an object: what its pax comment in the pack says.</summary>
    [JsonInclude]
    internal ObjectComment? Comment { get; init; }

    /// <summary>What entries are in order of, each once: of an object its key, which need not be its path.</summary>
    internal string SortKey => Comment?.Key is { } key ? ObjectPrefix + key : Path;

    /// <summary>True if it names content in a pack.</summary>
    [JsonIgnore]
    public bool HasContent => Pack is not null;

    /// <summary>The key of an object; null on others.</summary>
    [JsonIgnore]
    public string? ObjectKey => Comment?.Key ?? (Path.StartsWith(ObjectPrefix, StringComparison.Ordinal) ? Path[ObjectPrefix.Length..] : null);

    /// <summary>Compares by the order of an index.</summary>
    /// <param name="a">An entry.</param>
    /// <param name="b">Another.</param>
    public static int Compare(IndexEntry a, IndexEntry b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return Utf8Order.Compare(a.SortKey, b.SortKey);
    }

    /// <summary>A table.</summary>
    /// <param name="schema">Its schema, unquoted.</param>
    /// <param name="table">Its name, unquoted.</param>
    /// <param name="layout">Identifies everything the text of its rows depends on besides the rows.</param>
    /// <param name="pagesPerPart">The number of pages in a part.</param>
    public static IndexEntry ForTable(string schema, string table, string layout, int pagesPerPart) =>
        new() { Path = PackPath.Table(schema, table).Path, Layout = layout, PagesPerPart = pagesPerPart };

    /// <summary>An object that was listed and then was not there.</summary>
    /// <param name="key">Its key.</param>
    public static IndexEntry ForVanished(string key) => new()
    {
        Path = PackPath.Object(key).Path,
        Comment = ObjectComment.For(new ArchiveObject(key, 0)),
        Vanished = true,
    };

    /// <summary>Describes what is wrong with it; null if it is valid.</summary>
    internal string? Fault()
    {
        var hasObjectMembers = Version is not null || Changed is not null || Vanished is not null || Comment is not null;
        var hasPartMembers = Rows is not null || Snapshot is not null;
        var hasTableMembers = Layout is not null || PagesPerPart is not null;
        var hasContent = Size >= 0 && Offset >= 0 && Offset % Tar.TarFormat.Block == 0 && Hex.IsSha256(Sha256) && Hex.IsSha256(Pack) && Compared is not null;
        var hasNoContent = Size is null && Offset is null && Sha256 is null && Pack is null && Compared is null;
        return PackPath.Parse(Path, Comment?.Key)?.Kind switch
        {
            null => "it has a path that packs do not use",
            PackPathKind.Table => hasNoContent && !hasObjectMembers && !hasPartMembers && Layout is { Length: > 0 } && PagesPerPart > 0
                ? null
                : "a table has a layout, a number of pages, and nothing else",
            PackPathKind.TablePart => hasContent && Size > 0 && Rows >= 0 && Snapshot >= 0 && !hasTableMembers && !hasObjectMembers
                ? null
                : "a part has content, rows and a snapshot, and nothing else",
            PackPathKind.Object when Vanished is not null => Vanished.Value && hasNoContent && !hasPartMembers && !hasTableMembers
                && Version is null && Changed is null
                    ? null
                    : "an object that vanished has nothing else",
            PackPathKind.Object => hasContent && !hasPartMembers && !hasTableMembers && Changed is not false && Comment?.Fault is null
                && (Changed is null || Version is null)
                    ? null
                    : "an object has content and, unless it was changed meanwhile, a version, and nothing of a table",
            _ => hasContent && !hasObjectMembers && !hasPartMembers && !hasTableMembers ? null : "a description has content and nothing else",
        };
    }
}
