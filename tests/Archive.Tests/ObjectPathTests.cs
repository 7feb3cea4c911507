using System.Text;
using TfeBackup.Archive.Layout;
using TfeBackup.Archive.Tests.Interop;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Archive.Tests;

public sealed class ObjectPathTests
{
    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("a%2Fb", "a%2Fb")]
    [InlineData("100%", "100%")]
    [InlineData("a//b", "a/%2Fb")]
    [InlineData("dir/", "dir%2F")]
    [InlineData("a//", "a/%2F")]
    [InlineData("/leading", "%2Fleading")]
    [InlineData("/", "%2F")]
    [InlineData("///", "%2F/%2F")]
    [InlineData("a/./b", "a/%2E/b")]
    [InlineData(".", "%2E")]
    [InlineData("..", "%2E%2E")]
    [InlineData("../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd")]
    [InlineData("100%//x", "100%25/%2Fx")]
    [InlineData("%2F", "%252F")]
    [InlineData("a/%2Fb", "a/%252Fb")]
    [InlineData("a/%252Fb", "a/%25252Fb")]
    public void A_key_has_one_safe_path(string key, string path)
    {
        Assert.Equal(path, ObjectPath.Of(key));
        Assert.True(ObjectPath.IsSafe(path));
    }

    [Fact]
    public void No_two_keys_have_one_path()
    {
        string[] pieces = ["/", ".", "%", "2F", "25", "2E", "a", "%2F", "%25", "%2E"];
        var random = new Random(7);
        var keys = new Dictionary<string, string>();
        for (var i = 0; i < 200_000; i++)
        {
            var key = string.Concat(random.GetItems(pieces, random.Next(1, 7)));
            var path = ObjectPath.Of(key);
            Assert.True(ObjectPath.IsSafe(path), key);
            Assert.True(keys.TryAdd(path, key) || keys[path] == key, $"{key} and {keys[path]} are both {path}");
        }
    }

    [Fact]
    public async Task Keys_that_are_no_paths_are_read_back_and_extracted_by_tar_inside_its_folder()
    {
        string[] keys = ["%2Fleading", "../../../outside", "/leading", "a//b", "a/./b", "a/b", "dir/"];
        Array.Sort(keys, string.CompareOrdinal);
        var file = new MemoryStream();
        await using (var writer = await ArchiveWriter.CreateAsync(file, Samples.Password, Samples.Info, Samples.Cheap, default))
        {
            await writer.WriteSchemaAsync(Samples.Utf8("{}"), default);
            await writer.WriteSequencesAsync(Samples.Utf8("{}"), default);
            foreach (var key in keys)
            {
                var content = Samples.Utf8(key);
                await Samples.WriteObjectAsync(
                    writer, new ArchiveObject(key, content.Length) { ContentType = key == "dir/" ? "text/plain" : null }, content);
            }

            await writer.WriteVanishedAsync("gone//", default);
            await writer.CompleteAsync(default);
        }

        file.Position = 0;
        var objects = (await Samples.ReadAllAsync(file)).Where(e => e.Entry.Kind == ArchiveEntryKind.Object).ToList();
        Assert.Equal(keys, objects.Select(e => e.Entry.Object!.Key));
        Assert.Equal(keys, objects.Select(e => Encoding.UTF8.GetString(e.Content)));
        Assert.Equal("text/plain", objects[^1].Entry.Object!.ContentType);

        using var folder = new TempFolder();
        var tar = folder.Combine("backup.tar");
        await File.WriteAllBytesAsync(tar, await Hostile.Forgery.DecompressAsync(await Hostile.Forgery.DecryptAsync(file.ToArray())));
        var target = Directory.CreateDirectory(folder.Combine("deep", "er", "target")).FullName;
        await Tool.RunAsync("tar", ["-x", "-f", tar, "-C", target]);
        Assert.Equal("a//b", await File.ReadAllTextAsync(Path.Combine(target, "objects/a/%2Fb")));
        Assert.Equal("../../../outside", await File.ReadAllTextAsync(Path.Combine(target, "objects/%2E%2E/%2E%2E/%2E%2E/outside")));
        Assert.Equal(["er"], Directory.EnumerateFileSystemEntries(folder.Combine("deep")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Objects_that_were_written_to_while_they_were_read_are_marked()
    {
        var file = new MemoryStream();
        await using (var writer = await ArchiveWriter.CreateAsync(file, Samples.Password, Samples.Info, Samples.Cheap, default))
        {
            await writer.WriteSchemaAsync(Samples.Utf8("{}"), default);
            await writer.WriteSequencesAsync(Samples.Utf8("{}"), default);
            await writer.WriteObjectAsync(new ArchiveObject("a", 1), new MemoryStream(new byte[1]), default, () => true);
            await writer.WriteObjectAsync(new ArchiveObject("b", 1), new MemoryStream(new byte[1]), default, () => false);
            Assert.Equal(1, (await writer.CompleteAsync(default)).Changed);
        }

        Assert.Equal(1, (await Samples.VerifyAsync(file.ToArray())).Changed);
        await using var index = await ArchiveIndex.OpenAsync(file, Samples.Password, null, default);
        Assert.Equal(["objects/a"], await index.ReadEntriesAsync(default).Where(e => e.Changed).Select(e => e.Path).ToListAsync());
    }
}
