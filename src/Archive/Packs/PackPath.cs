using System.Globalization;
using System.Text;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tar;

namespace TfeBackup.Archive.Packs;

/// <summary>
/// The path of an entry in the tree that packs give. As in format 1, but for the parts of a table: they are numbered by their first page,
/// in as many digits as it takes, so that the order of the bytes of paths is the order of the rows.
/// </summary>
internal sealed record PackPath(PackPathKind Kind, string Path)
{
    public const int MaxSegment = 999_999;

    private const string DatabasePrefix = "database/";
    private const string ObjectPrefix = "objects/";
    private const string CopySuffix = ".copy";
    private const int PageDigits = 10;
    private const int SegmentDigits = 6;

    public static readonly PackPath Schema = new(PackPathKind.Schema, EntryName.SchemaPath);
    public static readonly PackPath Sequences = new(PackPathKind.Sequences, EntryName.SequencesPath);

    public string? TableSchema { get; private init; }

    public string? TableName { get; private init; }

    public long FirstPage { get; private init; }

    public int Segment { get; private init; }

    /// <summary>The object's key.</summary>
    public string? Key { get; private init; }

    public static PackPath Table(string schema, string table) =>
        new(PackPathKind.Table, TableFolder(schema, table)) { TableSchema = schema, TableName = table };

    public static PackPath TablePart(string schema, string table, long firstPage, int segment)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstPage);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstPage, uint.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegative(segment);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segment, MaxSegment);
        return new PackPath(PackPathKind.TablePart, TableFolder(schema, table) + FileName(firstPage, segment))
        {
            TableSchema = schema,
            TableName = table,
            FirstPage = firstPage,
            Segment = segment,
        };
    }

    public static PackPath Object(string key) => new(PackPathKind.Object, EntryName.Object(key).Path) { Key = key };

    /// <summary>The path that a text is; null for one the format does not have.</summary>
    /// <param name="path">The text.</param>
    /// <param name="key">The key, of an object whose path is not its key.</param>
    public static PackPath? Parse(string path, string? key = null)
    {
        if (key is not null)
        {
            return EntryName.FaultOfKey(key) is null && ObjectPath.IsEncoded(key) && EntryName.Object(key).Path == path ? Object(key) : null;
        }

        if (path.StartsWith(ObjectPrefix, StringComparison.Ordinal))
        {
            var bare = path[ObjectPrefix.Length..];
            return EntryName.FaultOfKey(bare) is null && !ObjectPath.IsEncoded(bare) ? Object(bare) : null;
        }

        return path switch
        {
            EntryName.SchemaPath => Schema,
            EntryName.SequencesPath => Sequences,
            _ when path.StartsWith(DatabasePrefix, StringComparison.Ordinal) => ParseTable(path[DatabasePrefix.Length..]),
            _ => null,
        };
    }

    /// <summary>The path of an entry of a pack.</summary>
    public static PackPath Of(TarEntry entry, ObjectComment? comment)
    {
        var text = Encoding.UTF8.GetString(entry.Path);
        var path = Parse(text, comment?.Key);
        return path is not null && path.Kind != PackPathKind.Table && (comment is null || path.Kind == PackPathKind.Object)
            ? path
            : throw ArchiveException.Corrupt($"The entry '{text}' at byte {entry.Offset} of the tar has a name or a comment that packs do not use.");
    }

    private static PackPath? ParseTable(string rest)
    {
        var segments = rest.Split('/');
        if (segments.Length != 3 || !PathSegment.TryDecode(segments[0], out var schema) || !PathSegment.TryDecode(segments[1], out var table))
        {
            return null;
        }

        if (segments[2].Length == 0)
        {
            return Table(schema, table);
        }

        return segments[2].Length == PageDigits + 1 + SegmentDigits + CopySuffix.Length
            && uint.TryParse(segments[2].AsSpan(0, PageDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var page)
            && int.TryParse(segments[2].AsSpan(PageDigits + 1, SegmentDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var segment)
            && segments[2] == FileName(page, segment)
                ? TablePart(schema, table, page, segment)
                : null;
    }

    private static string TableFolder(string schema, string table) =>
        $"{DatabasePrefix}{PathSegment.Encode(schema)}/{PathSegment.Encode(table)}/";

    private static string FileName(long firstPage, int segment) => string.Create(
        CultureInfo.InvariantCulture, $"{firstPage:D10}-{segment:D6}{CopySuffix}");
}
