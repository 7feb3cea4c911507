using System.Text;
using Xunit;

namespace TfeBackup.Archive.Tests;

public sealed class WriterTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public async Task Keys_the_format_cannot_hold_are_refused_by_name(string key)
    {
        await using var writer = await BeginAsync(new MemoryStream());
        await writer.WriteSequencesAsync(default, default);

        var e = await Assert.ThrowsAsync<ArchiveException>(
            () => Samples.WriteObjectAsync(writer, new ArchiveObject(key, 0), []));
        Assert.Equal(ArchiveError.InvalidRequest, e.Error);
        Assert.Contains($"'{key}'", e.Message);
        Assert.Equal(
            ArchiveError.InvalidRequest,
            (await Assert.ThrowsAsync<ArchiveException>(() => writer.WriteVanishedAsync(key, default))).Error);

        // What was refused before anything was written of it can be left out.
        await Samples.WriteObjectAsync(writer, new ArchiveObject("fine", 0), []);
        await writer.CompleteAsync(default);
    }

    [Fact]
    public Task A_key_that_is_not_Unicode_is_refused_by_name() => Keys_the_format_cannot_hold_are_refused_by_name("a\ud800b");

    [Fact]
    public async Task Long_and_strange_keys_survive()
    {
        string[] keys =
        [
            " leading and trailing ", "%2F%00", "+plus+", "...", "..a", ".hidden", "a\\b\\..\\c", "C:", "new\nline\ttab", "quote\"'`",
            "\u00e9", "e\u0301", "\uFF5E", "\U0001F600/\U0001F600", new string('k', 900), string.Join('/', Enumerable.Repeat("\u6f22", 700)),
        ];
        Array.Sort(keys, (a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
        var file = new MemoryStream();
        await using (var writer = await BeginAsync(file))
        {
            await writer.WriteSequencesAsync(default, default);
            foreach (var key in keys)
            {
                var content = Encoding.UTF8.GetBytes(key);
                await Samples.WriteObjectAsync(writer, new ArchiveObject(key, content.Length), content);
            }

            await writer.CompleteAsync(default);
        }

        file.Position = 0;
        var objects = (await Samples.ReadAllAsync(file)).Where(e => e.Entry.Kind == ArchiveEntryKind.Object).ToList();
        Assert.Equal(keys, objects.Select(o => o.Entry.Object!.Key));
        Assert.All(objects, o => Assert.Equal(o.Entry.Object!.Key, Encoding.UTF8.GetString(o.Content)));
    }

    [Fact]
    public async Task A_key_that_is_too_long_is_refused()
    {
        await using var writer = await BeginAsync(new MemoryStream());
        await writer.WriteSequencesAsync(default, default);
        await Samples.WriteObjectAsync(writer, new ArchiveObject(new string('a', ArchiveObject.MaxKeyBytes), 0), []);

        var e = await Assert.ThrowsAsync<ArchiveException>(
            () => Samples.WriteObjectAsync(writer, new ArchiveObject(new string('b', ArchiveObject.MaxKeyBytes + 1), 0), []));
        Assert.Equal(ArchiveError.InvalidRequest, e.Error);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public async Task An_object_of_another_length_than_announced_makes_no_backup(int length)
    {
        var file = new MemoryStream();
        await using (var writer = await BeginAsync(file))
        {
            await writer.WriteSequencesAsync(default, default);
            var e = await Assert.ThrowsAsync<ArchiveException>(
                () => Samples.WriteObjectAsync(writer, new ArchiveObject("a", 5), new byte[length]));
            Assert.Equal(ArchiveError.InvalidRequest, e.Error);
            await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CompleteAsync(default));
        }

        await Assert.ThrowsAsync<ArchiveException>(() => Samples.VerifyAsync(file.ToArray()));
    }

    [Fact]
    public async Task Entries_in_the_wrong_order_are_refused()
    {
        await RefuseAsync(w => w.WriteSchemaAsync(default, default));
        await RefuseAsync(w => w.CompleteAsync(default));
        await RefuseAsync(w => Samples.WriteObjectAsync(w, new ArchiveObject("a", 0), []));
        await RefuseAsync(async w =>
        {
            await w.WriteSequencesAsync(default, default);
            await w.WritePartAsync("a", "b", default, default);
        });
        await RefuseAsync(async w =>
        {
            await w.WritePartAsync("a", "b", Samples.Utf8("1\n2"), default);
            await w.WritePartAsync("a", "c", default, default);
        });
        await RefuseAsync(async w =>
        {
            await w.WriteSequencesAsync(default, default);
            await Samples.WriteObjectAsync(w, new ArchiveObject("b", 0), []);
            await Samples.WriteObjectAsync(w, new ArchiveObject("b", 0), []);
        });
    }

    [Fact]
    public async Task A_backup_that_was_not_completed_is_refused_by_every_reader()
    {
        var file = new MemoryStream();
        await using (var writer = await BeginAsync(file))
        {
            byte[] rows = [.. Samples.Random(20 << 20, 1), (byte)'\n'];
            await writer.WritePartAsync("a", "b", rows, default);
            await writer.WriteSequencesAsync(default, default);
        }

        Assert.True(file.Length > 1 << 20);
        Assert.Equal(ArchiveError.Corrupt, (await Assert.ThrowsAsync<ArchiveException>(() => Samples.VerifyAsync(file.ToArray()))).Error);
    }

    [Fact]
    public async Task Impossible_settings_are_refused_before_anything_is_written()
    {
        var file = new MemoryStream();
        await RefuseAsync("", Samples.Info, Samples.Cheap);
        await RefuseAsync("\udc00", Samples.Info, Samples.Cheap);
        await RefuseAsync("a", Samples.Info, Samples.Cheap with { WorkFactor = 23 });
        await RefuseAsync("a", Samples.Info, Samples.Cheap with { WorkFactor = 0 });
        await RefuseAsync("a", Samples.Info, Samples.Cheap with { CompressionLevel = 20 });
        await RefuseAsync("a", Samples.Info, Samples.Cheap with { Parallelism = 0 });
        await RefuseAsync("a", Samples.Info with { Format = 2 }, Samples.Cheap);
        await RefuseAsync("a", Samples.Info with { Created = DateTimeOffset.MinValue }, Samples.Cheap);
        await RefuseAsync("a", Samples.Info with { Installation = new string('x', 1 << 20) }, Samples.Cheap);
        Assert.Equal(0, file.Length);

        async Task RefuseAsync(string password, BackupInfo info, ArchiveWriterOptions options)
        {
            var e = await Assert.ThrowsAsync<ArchiveException>(
                () => ArchiveWriter.CreateAsync(file, password, info, options, default));
            Assert.Equal(ArchiveError.InvalidRequest, e.Error);
        }
    }

    [Fact]
    public async Task Thousands_of_entries_take_several_manifest_parts()
    {
        var file = new MemoryStream();
        await using (var writer = await BeginAsync(file))
        {
            for (var i = 0; i < 5000; i++)
            {
                await writer.WritePartAsync("public", "t", Samples.Utf8($"{i}\n"), default);
            }

            await writer.WriteSequencesAsync(default, default);
            for (var i = 0; i < 5000; i++)
            {
                await writer.WriteVanishedAsync($"gone/{i}", default);
                await Samples.WriteObjectAsync(writer, new ArchiveObject($"objects/{i:D8}", 8), Samples.Utf8($"{i:D8}"));
            }

            var written = await writer.CompleteAsync(default);
            Assert.Equal((5000, 5000, 5000), (written.Rows, written.Objects, written.Vanished));
            Assert.Equal(written, await Samples.VerifyAsync(file.ToArray()));
        }
    }

    private static async Task<ArchiveWriter> BeginAsync(Stream file)
    {
        var writer = await ArchiveWriter.CreateAsync(file, Samples.Password, Samples.Info, Samples.Cheap, default);
        await writer.WriteSchemaAsync(Samples.Utf8("{}"), default);
        return writer;
    }

    private static async Task RefuseAsync(Func<ArchiveWriter, Task> write)
    {
        await using var writer = await BeginAsync(new MemoryStream());
        Assert.Equal(ArchiveError.InvalidRequest, (await Assert.ThrowsAsync<ArchiveException>(() => write(writer))).Error);
    }
}
