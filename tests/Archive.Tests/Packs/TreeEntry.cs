using TfeBackup.Archive.Packs;

namespace TfeBackup.Archive.Tests.Packs;

/// <summary>An entry to be written, and the bytes its file must have.</summary>
internal sealed record TreeEntry(string Path, byte[] Content, Func<PackWriter, Task<IndexEntry>> WriteAsync)
{
    public static TreeEntry Schema(string json) =>
        new("database/schema.json", Samples.Utf8(json), writer => writer.WriteSchemaAsync(Samples.Utf8(json), default));

    public static TreeEntry Sequences(string json) =>
        new("database/sequences.json", Samples.Utf8(json), writer => writer.WriteSequencesAsync(Samples.Utf8(json), default));

    public static TreeEntry Part(string schema, string table, long page, int segment, byte[] rows) => new(
        PackPath.TablePart(schema, table, page, segment).Path,
        rows,
        writer => writer.WritePartAsync(schema, table, page, segment, 5_000_000_000, rows, default));

    public static TreeEntry Object(ArchiveObject item, byte[] content, string? version = "0x8DC") => new(
        PackPath.Object(item.Key).Path,
        content,
        writer => writer.WriteObjectAsync(item with { Length = content.Length }, new MemoryStream(content), () => version, null, default));

    /// <summary>Random parts and objects, whose names and metadata try what may stand in one.</summary>
    public static List<TreeEntry> Random(int seed, int count, int largest = 20_000)
    {
        var random = new Random(seed);
        var entries = new Dictionary<string, TreeEntry> { ["schema"] = Schema($"{{\"seed\":{seed}}}"), ["sequences"] = Sequences("{}") };
        string[] names = ["a", "b c", "ü", "*", "[a]", "\\n", "-C", "--help", "new\nline", "tab\t", "quote'\"", "%2F", "..x", "\U0001F600", "\uFFFD", "x".PadRight(120, 'y')];
        while (entries.Count < count)
        {
            var name = string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(i => names[random.Next(names.Length)] + (i == 0 ? random.Next(1000) : "")));
            var content = Samples.Random(random.Next(10) == 0 ? 0 : random.Next(largest), random.Next());
            var rows = Samples.Utf8(string.Concat(Enumerable.Range(0, random.Next(1, 200)).Select(i => $"{i}\t{random.Next()}\n")));
            var entry = random.Next(3) switch
            {
                0 => Part("public", names[random.Next(4)], random.Next(5) * 128, random.Next(2), rows),
                1 => Object(new ArchiveObject(name + "/" + random.Next(2), 0), content),
                _ => Object(Describe(random, random.Next(20) == 0 ? $"odd//{name}/./.." : name + "~"), content),
            };
            entries.TryAdd(entry.Path, entry);
        }

        return [.. entries.Values];
    }

    private static ArchiveObject Describe(Random random, string key)
    {
        var transitKey = random.Next(2) == 0 ? "tfe_archivist" : null;
        return new ArchiveObject(key, 0)
        {
            ContentType = random.Next(2) == 0 ? "application/json" : null,
            Metadata = random.Next(2) == 0 ? new Dictionary<string, string> { ["Zwei"] = "zwölf\n=", ["one"] = "1" } : new Dictionary<string, string>(),
            TransitKey = transitKey,
            TransitForm = transitKey is null ? null : "age",
        };
    }
}
