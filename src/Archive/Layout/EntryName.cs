using System.Globalization;
using System.Text;
using TfeBackup.Archive.Tar;

namespace TfeBackup.Archive.Layout;

/// <summary>
/// The name of an entry. Every name is one of the format's forms and every form has one spelling, so that two different
/// paths are two different things: parsing accepts only what building gives.
/// </summary>
internal sealed record EntryName(EntryNameKind Kind, string Path)
{
    public const string BackupInfoPath = "backup.json";
    public const string SchemaPath = "database/schema.json";
    public const string SequencesPath = "database/sequences.json";
    public const string ManifestPath = "manifest.json";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private const string DatabasePrefix = "database/";
    private const string ObjectPrefix = "objects/";
    private const string ManifestPrefix = "manifest/";
    private const string CopySuffix = ".copy";
    private const string LinesSuffix = ".jsonl";

    public static readonly EntryName BackupInfo = new(EntryNameKind.BackupInfo, BackupInfoPath);
    public static readonly EntryName Schema = new(EntryNameKind.Schema, SchemaPath);
    public static readonly EntryName Sequences = new(EntryNameKind.Sequences, SequencesPath);
    public static readonly EntryName Manifest = new(EntryNameKind.Manifest, ManifestPath);

    /// <summary>The table's schema; of a table part.</summary>
    public string? TableSchema { get; private init; }

    /// <summary>The table's name; of a table part.</summary>
    public string? Table { get; private init; }

    /// <summary>The number; of a table part or a manifest part.</summary>
    public int Number { get; private init; }

    /// <summary>The key; of an object.</summary>
    public string? Key { get; private init; }

    /// <summary>The name of an entry that was read.</summary>
    /// <exception cref="ArchiveException">The format has no such name.</exception>
    public static EntryName Of(TarEntry entry)
    {
        string path;
        try
        {
            path = StrictUtf8.GetString(entry.Path);
        }
        catch (DecoderFallbackException)
        {
            throw ArchiveException.Corrupt($"The entry at byte {entry.Offset} of the tar has a name that is not UTF-8 text.");
        }

        return Encoded(path, entry) ?? Parse(path) ?? throw ArchiveException.Corrupt(
            $"The entry '{path}' at byte {entry.Offset} of the tar has a name that backups do not use: expected " +
            $"'{BackupInfoPath}', 'database/…', 'objects/…', 'manifest/…' or '{ManifestPath}', without empty, '.' or '..' segments.");
    }

    public static EntryName TablePart(string schema, string table, int number) =>
        new(EntryNameKind.TablePart, $"{DatabasePrefix}{PathSegment.Encode(schema)}/{PathSegment.Encode(table)}/{Digits(number)}{CopySuffix}")
        {
            TableSchema = schema,
            Table = table,
            Number = number,
        };

    public static EntryName Object(string key) => new(EntryNameKind.Object, ObjectPrefix + ObjectPath.Of(key)) { Key = key };

    public static EntryName ManifestPart(int number) =>
        new(EntryNameKind.ManifestPart, $"{ManifestPrefix}{Digits(number)}{LinesSuffix}") { Number = number };

    /// <summary>Describes what is wrong with an object's key; null if it is valid.</summary>
    public static string? FaultOfKey(string key)
    {
        if (key.Contains('\0', StringComparison.Ordinal))
        {
            return "it holds a NUL character";
        }

        if (!IsUnicode(key))
        {
            return "it is not valid Unicode text";
        }

        if (Encoding.UTF8.GetByteCount(key) > ArchiveObject.MaxKeyBytes)
        {
            return $"it is longer than {ArchiveObject.MaxKeyBytes} bytes";
        }

        return key.Length == 0 ? "it is empty" : null;
    }

    /// <summary>The name a path is; null for a path the format does not have.</summary>
    public static EntryName? Parse(string path) => path switch
    {
        BackupInfoPath => BackupInfo,
        SchemaPath => Schema,
        SequencesPath => Sequences,
        ManifestPath => Manifest,
        _ when path.StartsWith(ObjectPrefix, StringComparison.Ordinal) => ParseObject(path[ObjectPrefix.Length..]),
        _ when path.StartsWith(DatabasePrefix, StringComparison.Ordinal) => ParseTablePart(path[DatabasePrefix.Length..]),
        _ when path.StartsWith(ManifestPrefix, StringComparison.Ordinal) =>
            TryParseNumber(path[ManifestPrefix.Length..], LinesSuffix, out var number) ? ManifestPart(number) : null,
        _ => null,
    };

    /// <summary>The name of an object whose comment has its true key; null where the path alone is the name.</summary>
    private static EntryName? Encoded(string path, TarEntry entry)
    {
        if (entry.Comment is not { Length: <= FormatLimits.ObjectCommentBytes } comment
            || !path.StartsWith(ObjectPrefix, StringComparison.Ordinal)
            || !path.Contains('%', StringComparison.Ordinal)
            || ArchiveJson.Read(comment, ArchiveJson.Default.ObjectComment, $"The pax comment of '{path}'").Key is not { } key)
        {
            return null;
        }

        var name = Object(key);
        return FaultOfKey(key) is null && name.Path == path
            ? name
            : throw ArchiveException.Corrupt($"The key in the pax comment of '{path}' does not match this path.");
    }

    // Not by Object: files of before hold keys as their own paths that would be encoded today.
    private static EntryName? ParseObject(string path) => FaultOfKey(path) is null && ObjectPath.IsSafe(path)
        ? new EntryName(EntryNameKind.Object, ObjectPrefix + path) { Key = path }
        : null;

    private static EntryName? ParseTablePart(string rest)
    {
        var segments = rest.Split('/');
        return segments.Length == 3
            && PathSegment.TryDecode(segments[0], out var schema)
            && PathSegment.TryDecode(segments[1], out var table)
            && TryParseNumber(segments[2], CopySuffix, out var number)
                ? TablePart(schema, table, number)
                : null;
    }

    private static bool TryParseNumber(string text, string suffix, out int number)
    {
        number = 0;
        return text.EndsWith(suffix, StringComparison.Ordinal)
            && int.TryParse(text[..^suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && text == Digits(number) + suffix;
    }

    private static string Digits(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool IsUnicode(string text)
    {
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var consumed) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            rest = rest[consumed..];
        }

        return true;
    }
}
