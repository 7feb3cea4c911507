using System.Text;
using TfeBackup.Archive.Layout;
using Xunit;

namespace TfeBackup.Archive.Tests.Hostile;

/// <summary>Backups that decrypt and decompress perfectly and lie inside.</summary>
public sealed class HostileTarTests
{
    private const byte File = (byte)'0';

    [Fact]
    public async Task A_forgery_without_a_lie_is_accepted()
    {
        var forgery = Forgery.Begin().Add("database/public/a/0.copy", "1\n").Add("database/sequences.json", "{}").Add("objects/a/b", "x");
        forgery.Tables = 1;
        var summary = await Samples.VerifyAsync(await forgery.Rest().BuildAsync());
        Assert.Equal((1, 1, 1), (summary.Tables, summary.Rows, summary.Objects));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../etc/passwd")]
    [InlineData("objects/../../etc/passwd")]
    [InlineData("objects/..")]
    [InlineData("objects/a/./b")]
    [InlineData("objects//a")]
    [InlineData("objects/a/")]
    [InlineData("objects/")]
    [InlineData("objects")]
    [InlineData("./objects/a")]
    [InlineData("objects/a\0b")]
    [InlineData("Objects/a")]
    [InlineData("etc/passwd")]
    [InlineData("")]
    [InlineData("database/public/users/00.copy")]
    [InlineData("database/public/users/0.COPY")]
    [InlineData("database/public/users/-0.copy")]
    [InlineData("database/public/users/99999999999.copy")]
    [InlineData("database/public/users/0.copy/x")]
    [InlineData("database/public/../0.copy")]
    [InlineData("database/../users/0.copy")]
    [InlineData("database/public//0.copy")]
    [InlineData("database/public/us.ers/0.copy")]
    [InlineData("database/public/us%2eers/0.copy")]
    [InlineData("database/public/%75sers/0.copy")]
    [InlineData("database/public/%FF/0.copy")]
    [InlineData("database/public/%C0%AF/0.copy")]
    [InlineData("database/public/a%/0.copy")]
    [InlineData("database/public/a%2/0.copy")]
    [InlineData("database/public/a%+1/0.copy")]
    [InlineData("database/public/ü/0.copy")]
    [InlineData("database/other.json")]
    [InlineData("manifest/x.jsonl")]
    [InlineData("manifest/00.jsonl")]
    [InlineData("C:\\Windows\\win.ini")]
    public async Task Names_outside_the_format_are_refused(string path) =>
        await RefuseAsync(Forgery.Begin().Add(path, "x").Rest(), path.Contains('\0', StringComparison.Ordinal) ? "" : "name");

    [Fact]
    public async Task Names_that_are_not_UTF8_are_refused()
    {
        byte[] name = [.. "objects/"u8, 0xFF, 0xFE];
        byte[] record = [.. "20 path="u8, .. name, (byte)'\n'];
        record = [.. Encoding.ASCII.GetBytes("19 path="), .. name, (byte)'\n'];
        await RefuseAsync(Forgery.Begin().Pax(record).Header(name, 0, File).Rest(), "UTF-8");
    }

    [Theory]
    [InlineData('1', "hard link")]
    [InlineData('2', "symbolic link")]
    [InlineData('3', "device")]
    [InlineData('5', "directory")]
    [InlineData('6', "named pipe")]
    [InlineData('7', "kind")]
    [InlineData('g', "kind")]
    [InlineData('K', "kind")]
    [InlineData('L', "kind")]
    [InlineData('S', "kind")]
    [InlineData('\0', "kind")]
    public async Task Entries_that_are_not_files_are_refused(char kind, string described) =>
        await RefuseAsync(Forgery.Begin().Header(Samples.Utf8("objects/a"), 0, (byte)kind).Rest(), described);

    [Fact]
    public async Task Links_in_fields_nobody_reads_are_refused() =>
        await RefuseAsync(Forgery.Begin().Header(Samples.Utf8("objects/a"), 0, File, b => "target"u8.CopyTo(b.AsSpan(157))).Rest(), "specifies");

    [Theory]
    [InlineData(101, '7')]
    [InlineData(108, '1')]
    [InlineData(345, 'p')]
    [InlineData(265, 'r')]
    [InlineData(500, 'x')]
    [InlineData(146, '1')]
    [InlineData(263, ' ')]
    public async Task Headers_with_anything_else_in_them_are_refused(int offset, char value) =>
        await RefuseAsync(Forgery.Begin().Header(Samples.Utf8("objects/a"), 0, File, b => b[offset] = (byte)value).Rest(), "specifies");

    [Theory]
    [InlineData("database/schema.json")]
    [InlineData("backup.json")]
    [InlineData("database/sequences.json")]
    [InlineData("objects/b")]
    public async Task Duplicates_are_refused(string path) => await RefuseAsync(
        Forgery.Begin().Add("database/sequences.json", "{}").Add("objects/a", "").Add("objects/b", "").Add(path, "").Rest(),
        "is out of place");

    [Fact]
    public async Task A_table_part_twice_or_left_out_is_refused()
    {
        await RefuseAsync(Forgery.Begin().Add("database/a/b/0.copy", "").Add("database/a/b/0.copy", "").Rest(), "expected part 1");
        await RefuseAsync(Forgery.Begin().Add("database/a/b/0.copy", "").Add("database/a/b/2.copy", "").Rest(), "expected part 1");
        await RefuseAsync(Forgery.Begin().Add("database/a/b/1.copy", "").Rest(), "expected part 0");
    }

    [Fact]
    public async Task Objects_out_of_order_are_refused()
    {
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", "{}").Add("objects/b", "").Add("objects/a", "").Rest(), "ascending");

        // U+FF5E sorts before U+1F600 by bytes, and behind it by UTF-16 units.
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", "{}").Add("objects/\U0001F600", "").Add("objects/\uFF5E", "").Rest(), "ascending");
    }

    [Fact]
    public async Task Rows_that_are_torn_apart_are_refused()
    {
        await RefuseAsync(Forgery.Begin().Add("database/a/b/0.copy", "1\n2").Add("database/a/c/0.copy", "1\n").Rest(), "ends within a row");
        await RefuseAsync(Forgery.Begin().Add("database/a/b/0.copy", "1\n2").Rest(), "ends within a row");
        await RefuseAsync(Forgery.Begin().Add("database/a/b/0.copy", "1\n").Add("database/a/b/1.copy", "").Rest(), "empty part");
    }

    [Fact]
    public async Task Entries_in_the_wrong_place_are_refused()
    {
        await RefuseAsync(new Forgery().Add("database/schema.json", "{}").Rest(), "is out of place");
        await RefuseAsync(new Forgery().Info(Samples.Info).Add("database/a/b/0.copy", "").Rest(), "is out of place");
        await RefuseAsync(Forgery.Begin().Add("objects/a", "").Rest(), "is out of place");
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", "{}").Add("database/a/b/0.copy", "").Rest(), "is out of place");
        await RefuseAsync(new Forgery().Info(Samples.Info).Manifest(), "is out of place");
        await RefuseAsync(Forgery.Begin().Add("manifest/1.jsonl", "").Rest(), "is out of place");
        await RefuseAsync(Forgery.Begin(objectsIncluded: false).Add("database/sequences.json", "{}").Add("objects/a", "").Rest(), "no objects");
        await RefuseAsync(new Forgery().Raw(new byte[1024]), "not a backup");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(511)]
    [InlineData(513)]
    [InlineData(1_000_000)]
    [InlineData((1L << 33) - 1)]
    public async Task Sizes_that_lie_are_refused(long size) => await RefuseAsync(
        Forgery.Begin().Add("database/sequences.json", "{}").Header(Samples.Utf8("objects/a"), size, File).Raw(Samples.Random(512, 1)).Rest(), "");

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("8589934592")]
    public async Task Huge_sizes_that_lie_are_refused_without_memory(string size)
    {
        var record = Samples.Utf8($"{size.Length + 9} size={size}\n");
        record = Samples.Utf8($"{record.Length} size={size}\n");
        await RefuseAsync(
            Forgery.Begin().Add("database/sequences.json", "{}").Pax(record).Header(Samples.Utf8("objects/a"), 0, File).Raw(new byte[512]).Rest(),
            "missing");
        await RefuseAsync(Forgery.Begin().Pax(record).Header(Samples.Utf8("database/sequences.json"), 0, File).Rest(), "at most");
    }

    [Theory]
    [InlineData("11 path=a\n")]
    [InlineData("9 path=a\n9 path=a\n")]
    [InlineData("12 linkpath=\n")]
    [InlineData("17 linkpath=/etc\n")]
    [InlineData("8 path=\n")]
    [InlineData("09 path=a\n")]
    [InlineData("10 size=12\n")]
    [InlineData("10 size=-1\n")]
    [InlineData("x")]
    [InlineData("5 a=b")]
    [InlineData("999999999 path=a\n")]
    [InlineData("24 SCHILY.xattr.user.a=b\n")]
    public async Task Pax_records_outside_the_format_are_refused(string records) =>
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", "{}").Pax(Samples.Utf8(records)).Header(Samples.Utf8("objects/a"), 0, File).Rest(), "");

    [Theory]
    [InlineData("{}x")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"contentType":5}""")]
    [InlineData("""{"metadata":{"a":null}}""")]
    [InlineData("""{"contentType":"a","contentType":"b"}""")]
    [InlineData("""{"transitKey":"a"}""")]
    [InlineData("""{"transitForm":"age"}""")]
    [InlineData("""{"transitKey":"a","transitForm":"other"}""")]
    [InlineData("""{"contentType":"\ud800"}""")]
    [InlineData("""{"key":"a"}""")]
    [InlineData("""{"key":"b//c"}""")]
    public async Task Comments_that_do_not_describe_an_object_are_refused(string comment) => await RefuseAsync(
        Forgery.Begin().Add("database/sequences.json", "{}").Add("objects/a", [], Samples.Utf8(comment)).Rest(), "comment");

    [Theory]
    [InlineData("a//b", "a/b")]
    [InlineData("../x", "a/%2Fb")]
    [InlineData("a/%2Fb", "a/%2Fb")]
    [InlineData("", "%2F")]
    [InlineData("a\0", "%2F")]
    public async Task Keys_that_are_not_what_their_path_says_are_refused(string key, string path) => await RefuseAsync(
        Forgery.Begin().Add("database/sequences.json", "{}")
            .Add($"objects/{path}", [], Samples.Utf8($$"""{"key":{{System.Text.Json.JsonSerializer.Serialize(key)}}}""")).Rest(),
        "comment");

    [Fact]
    public async Task A_path_of_before_that_would_be_encoded_today_is_its_own_key()
    {
        var file = await Forgery.Begin().Add("database/sequences.json", "{}").Add("objects/a/%2Fb", "x").Rest().BuildAsync();
        Assert.Equal("a/%2Fb", (await Samples.ReadAllAsync(new MemoryStream(file)))[^1].Entry.Object!.Key);
    }

    [Fact]
    public async Task Empty_manifest_parts_are_refused() =>
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", "{}").ManifestPart().ManifestPart("").Rest(), "is empty");

    [Fact]
    public async Task A_comment_on_anything_else_is_refused() =>
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", [], Samples.Utf8("{}")).Rest(), "comment");

    [Fact]
    public async Task A_missing_manifest_is_refused()
    {
        var complete = Forgery.Begin().Add("database/sequences.json", "{}");
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", "{}").Raw(new byte[1024]), "without its manifest");
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", "{}").ManifestPart().Raw(new byte[1024]), "without its manifest");
        await RefuseAsync(complete.Manifest().Raw(new byte[1024]), "does not list");
    }

    [Fact]
    public async Task A_manifest_that_disagrees_is_refused()
    {
        await RefuseManifestAsync(lines => lines.Skip(1));
        await RefuseManifestAsync(lines => lines.SkipLast(1));
        await RefuseManifestAsync(lines => lines.Append(new ManifestLine { Path = "objects/z", Offset = 1, Size = 1, Sha256 = "00" }));
        await RefuseManifestAsync(lines => lines.Reverse());
        await RefuseManifestAsync(lines => lines.Select(l => l with { Size = l.Size + 1 }));
        await RefuseManifestAsync(lines => lines.Select(l => l with { Offset = l.Offset + 512 }));
        await RefuseManifestAsync(lines => lines.Select(l => l with { Sha256 = l.Sha256!.ToUpperInvariant() }));
        await RefuseManifestAsync(lines => lines.Select(l => l with { Sha256 = Samples.Sha256("other"u8) }));
        await RefuseManifestAsync(lines => lines.Select(l => l with { Rows = 7 }));
        await RefuseManifestAsync(lines => lines.Select(l => l with { Path = l.Path + "x" }));
        await RefuseManifestAsync(lines => lines.Select(l => l with { Vanished = "x" }));
        await RefuseManifestAsync(lines => lines.Append(new ManifestLine { Column = "public.t.c", Decrypted = 1 }));
        await RefuseManifestAsync(lines => lines.Append(new ManifestLine { Column = "public.t.c", Decrypted = 1, Plain = -1 }));
        await RefuseManifestAsync(lines => lines.Append(new ManifestLine { Column = "public.t.c", Decrypted = 1, Plain = 1, Rows = 1 }));
        await RefuseManifestAsync(lines => lines.Append(new ManifestLine { Broken = "x", Plain = 1 }));
        await RefuseManifestAsync(lines => lines.Append(new ManifestLine { Vanished = "" }));
        await RefuseManifestAsync(lines => lines.Select(l => l with { Changed = true }));
        await RefuseManifestAsync(lines => lines.Select(l => l with { Changed = false }));
        await RefuseManifestAsync(lines => lines.Append(new ManifestLine()));
    }

    [Fact]
    public async Task Totals_that_disagree_are_refused()
    {
        await RefuseTotalsAsync(m => m with { Format = 2 });
        await RefuseTotalsAsync(m => m with { Id = "other" });
        await RefuseTotalsAsync(m => m with { Entries = m.Entries - 1 });
        await RefuseTotalsAsync(m => m with { Rows = 1 });
        await RefuseTotalsAsync(m => m with { Tables = 1 });
        await RefuseTotalsAsync(m => m with { Objects = 1 });
        await RefuseTotalsAsync(m => m with { Vanished = 1 });
        await RefuseTotalsAsync(m => m with { ObjectBytes = 1 });
        await RefuseTotalsAsync(m => m with { Parts = [] });
        await RefuseTotalsAsync(m => m with { Parts = [.. m.Parts, .. m.Parts] });
        await RefuseTotalsAsync(m => m with { Parts = [m.Parts[0] with { Sha256 = "" }] });
        await RefuseTotalsAsync(m => m with { Parts = [m.Parts[0] with { Offset = 0 }] });
    }

    [Theory]
    [InlineData("x\n")]
    [InlineData("\n")]
    [InlineData("{}")]
    [InlineData("null\n")]
    [InlineData("""{"path":1}""" + "\n")]
    public async Task A_manifest_part_that_is_not_lines_of_JSON_is_refused(string lines) =>
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", "{}").ManifestPart(lines).Manifest().Raw(new byte[1024]), "");

    [Fact]
    public async Task Entries_that_no_manifest_part_lists_in_time_are_refused()
    {
        var forgery = Forgery.Begin().Add("database/sequences.json", "{}");
        for (var i = 0; i < FormatLimits.ManifestPartLines + 1; i++)
        {
            forgery.Add($"objects/{i:D6}", "");
        }

        await RefuseAsync(forgery.Rest(), "No manifest part lists");
    }

    [Fact]
    public async Task Anything_behind_the_manifest_is_refused()
    {
        Forgery Complete() => Forgery.Begin().Add("database/sequences.json", "{}").ManifestPart().Manifest();
        await RefuseAsync(Complete().Add("objects/z", "").Raw(new byte[1024]), "is out of place");
        await RefuseAsync(Complete().Manifest().Raw(new byte[1024]), "is out of place");
        await RefuseAsync(Complete().Raw(new byte[1025]), "follows the end of the tar");
        await RefuseAsync(Complete().Raw(new byte[10240]), "follows the end of the tar");
        await RefuseAsync(Complete().Raw(new byte[512]), "missing");
        await RefuseAsync(Complete(), "missing");
        await RefuseAsync(Complete().Raw(new byte[512]).Raw(Samples.Random(512, 1)), "zeros");
    }

    [Fact]
    public async Task Padding_that_holds_something_is_refused()
    {
        var padding = new byte[512];
        padding[511] = 1;
        padding[0] = (byte)'x';
        await RefuseAsync(Forgery.Begin().Add("database/sequences.json", "{}").Header(Samples.Utf8("objects/a"), 1, File).Raw(padding).Rest(), "padded");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"format":"1"}""")]
    [InlineData("""{"format":1}""")]
    [InlineData("""{"format":1,"id":null,"created":"2026-11-22T03:00:00+00:00","installation":"","productVersion":"","postgresVersion":"","objectsIncluded":true}""")]
    [InlineData("""{"format":1,"id":"a","created":"yesterday","installation":"","productVersion":"","postgresVersion":"","objectsIncluded":true}""")]
    [InlineData("""{"format":1,"id":"a","created":"2026-11-22T03:00:01+00:00","installation":"","productVersion":"","postgresVersion":"","objectsIncluded":true}""")]
    public async Task A_backup_json_that_is_not_one_is_refused(string json) =>
        await RefuseAsync(new Forgery().Add("backup.json", json).Add("database/schema.json", "{}").Rest(), "backup.json");

    [Fact]
    public async Task Another_format_is_named()
    {
        var file = await new Forgery().Add("backup.json", """{"format":2,"whatever":[]}""").Rest().BuildAsync();
        var e = await Assert.ThrowsAsync<ArchiveException>(() => Samples.VerifyAsync(file));
        Assert.Equal(ArchiveError.Unsupported, e.Error);
        Assert.Contains("format 2", e.Message);
    }

    [Fact]
    public async Task A_huge_backup_json_or_schema_is_refused()
    {
        await RefuseAsync(new Forgery().Add("backup.json", new string(' ', FormatLimits.BackupInfoBytes + 1)).Rest(), "at most");
        await RefuseAsync(
            new Forgery().Info(Samples.Info).Header(Samples.Utf8("database/schema.json"), ArchiveLimits.DescriptionBytes + 1, File), "at most");
    }

    private static Task RefuseManifestAsync(Func<IEnumerable<ManifestLine>, IEnumerable<ManifestLine>> change) => RefuseAsync(
        Forgery.Begin().Add("database/sequences.json", "{}").Add("objects/a", "x").ManifestPart(change).Manifest().Raw(new byte[1024]), "");

    private static Task RefuseTotalsAsync(Func<Manifest, Manifest> change) => RefuseAsync(
        Forgery.Begin().Add("database/sequences.json", "{}").ManifestPart().Manifest(change).Raw(new byte[1024]), "does not match");

    private static async Task RefuseAsync(Forgery forgery, string message)
    {
        var file = await forgery.BuildAsync();
        var e = await Assert.ThrowsAsync<ArchiveException>(() => Samples.VerifyAsync(file));
        Assert.Equal(ArchiveError.Corrupt, e.Error);
        Assert.Contains(message, e.Message);
    }
}
