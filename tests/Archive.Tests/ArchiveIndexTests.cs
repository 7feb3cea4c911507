using System.Text;
using TfeBackup.Archive.Tests.Hostile;
using Xunit;

namespace TfeBackup.Archive.Tests;

public sealed class ArchiveIndexTests
{
    private static readonly Lazy<Task<byte[]>> Large = new(CreateLargeAsync);

    [Fact]
    public async Task What_is_in_a_backup_is_read_from_its_end()
    {
        var file = await Samples.CreateAsync();
        await using var index = await ArchiveIndex.OpenAsync(new MemoryStream(file), Samples.Password, null, default);

        Assert.Equal(Samples.Info, index.Info);
        Assert.Equal(await Samples.VerifyAsync(file), index.Summary);
        var entries = await ToListAsync(index.ReadEntriesAsync(default));
        var read = await Samples.ReadAllAsync(new MemoryStream(file));
        Assert.Equal(read.Select(e => e.Entry.Path).Prepend("backup.json"), entries.Select(e => e.Path));
        Assert.Equal(["states/gone"], await ToListAsync(index.ReadVanishedAsync(default)));
        foreach ((var entry, var content) in read)
        {
            var indexed = entries.Single(e => e.Path == entry.Path);
            Assert.Equal(content.Length, indexed.Size);
            Assert.Equal(content, await ReadAsync(index, indexed));
        }
    }

    [Fact]
    public async Task One_entry_of_a_large_backup_takes_little_of_the_file()
    {
        var file = await Large.Value;
        var source = new CountingStream(file);
        await using var index = await ArchiveIndex.OpenAsync(source, Samples.Password, null, default);
        Assert.True(source.Given < file.Length / 5, $"opening read {source.Given} of {file.Length} bytes");
        var entries = await ToListAsync(index.ReadEntriesAsync(default));
        Assert.Equal(9004, entries.Count);

        // Asked for in any order; the large one spans several frames.
        foreach (var path in new[] { "objects/noise/5", "objects/noise/0", "database/public/t/4999.copy", "database/sequences.json" })
        {
            source.Given = 0;
            var content = await ReadAsync(index, entries.Single(e => e.Path == path));
            Assert.Equal(path.StartsWith("objects/noise", StringComparison.Ordinal) ? 3_000_000 : content.Length, content.Length);
            Assert.True(source.Given < 7_000_000, $"{path} took {source.Given} bytes");
        }
    }

    [Fact]
    public async Task Damage_never_escapes_and_is_never_taken_for_content()
    {
        var file = await Samples.CreateAsync();
        var zstd = await Forgery.DecryptAsync(file);
        var tar = await Forgery.DecompressAsync(zstd);
        var random = new Random(1);
        for (var i = 0; i < 600; i++)
        {
            var layer = (i % 3) switch { 0 => file, 1 => zstd, _ => tar };
            var changed = i % 7 == 0 ? layer[..random.Next(layer.Length)] : [.. layer];
            if (changed.Length > 0)
            {
                changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            }

            var damaged = (i % 3) switch
            {
                0 => changed,
                1 => await Forgery.FromZstdAsync(changed),
                _ => await Forgery.FromTarAsync(changed),
            };
            try
            {
                await using var index = await ArchiveIndex.OpenAsync(
                    new MemoryStream(damaged), Samples.Password, new ArchiveReaderOptions { MaxWorkFactor = 10 }, default);
                foreach (var entry in await ToListAsync(index.ReadEntriesAsync(default)))
                {
                    var content = await ReadAsync(index, entry);
                    Assert.Equal(entry.Sha256, Samples.Sha256(content));
                }
            }
            catch (ArchiveException)
            {
                // The only exception there may be.
            }
        }
    }

    [Fact]
    public async Task A_truncated_or_continued_backup_is_refused()
    {
        var file = await Large.Value;
        foreach (var damaged in new[] { file[..^1], file[..(file.Length / 2)], [.. file, 0], file[..100] })
        {
            var e = await Assert.ThrowsAsync<ArchiveException>(
                () => ArchiveIndex.OpenAsync(new MemoryStream(damaged), Samples.Password, null, default));
            Assert.Equal(ArchiveError.Corrupt, e.Error);
        }
    }

    [Fact]
    public async Task A_wrong_password_is_called_that()
    {
        var e = await Assert.ThrowsAsync<ArchiveException>(
            async () => await ArchiveIndex.OpenAsync(new MemoryStream(await Samples.CreateAsync()), "wrong", null, default));
        Assert.Equal(ArchiveError.WrongPassword, e.Error);
    }

    private static async Task<byte[]> CreateLargeAsync()
    {
        var file = new MemoryStream();
        await using var writer = await ArchiveWriter.CreateAsync(file, Samples.Password, Samples.Info, Samples.Cheap, default);
        await writer.WriteSchemaAsync(Samples.Utf8("{}"), default);
        for (var i = 0; i < 8995; i++)
        {
            await writer.WritePartAsync("public", "t", Encoding.UTF8.GetBytes($"{i}\n"), default);
        }

        await writer.WriteSequencesAsync(Samples.Utf8("{}"), default);
        for (var i = 0; i < 6; i++)
        {
            await Samples.WriteObjectAsync(writer, new ArchiveObject($"noise/{i}", 3_000_000), Samples.Random(3_000_000, i));
        }

        await writer.CompleteAsync(default);
        return file.ToArray();
    }

    private static async Task<byte[]> ReadAsync(ArchiveIndex index, ArchiveIndexEntry entry)
    {
        await using var stream = await index.OpenEntryAsync(entry, default);
        var content = new MemoryStream();
        await stream.CopyToAsync(content);
        return content.ToArray();
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }

    private sealed class CountingStream(byte[] content) : MemoryStream(content)
    {
        public long Given { get; set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            Given += count;
            return count;
        }
    }
}
