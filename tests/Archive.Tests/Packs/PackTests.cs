using FsCheck.Xunit;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Packs;
using Xunit;

namespace TfeBackup.Archive.Tests.Packs;

public sealed class PackTests : IDisposable
{
    private readonly TestRepository _repository = new();

    public void Dispose() => _repository.Dispose();

    [Property(MaxTest = 15)]
    public async Task What_is_written_is_read_in_one_go_and_entry_by_entry(int seed)
    {
        var tree = TreeEntry.Random(seed, 60);
        var pack = Assert.Single(await _repository.WritePacksAsync(tree));
        Assert.Equal((tree.Count, tree.Sum(e => (long)e.Content.Length)), (pack.Pack.Entries, pack.Pack.Bytes));
        Assert.Equal(new FileInfo(_repository.PackFile(pack.Pack.Pack)).Length, pack.Pack.Size);

        await using var file = File.OpenRead(_repository.PackFile(pack.Pack.Pack));
        Assert.Equal(pack.Pack.Pack, Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(file)));
        file.Position = 0;
        await using var reader = await PackReader.OpenAsync(file, pack.Pack.Pack, _repository.Key.Identity, null, default);
        foreach ((var entry, var listed) in tree.Zip(pack.Entries))
        {
            var found = (await reader.ReadAsync(default))!;
            Assert.Equal((entry.Path, listed.Offset, listed.ObjectKey), (found.Path, found.Offset, found.Object?.Key));
            Assert.Equal(entry.Content, await ReadAsync(found.Content));
            Assert.Equal(Samples.Sha256(entry.Content), listed.Sha256);
            Assert.Null(listed.Fault());
        }

        Assert.Null(await reader.ReadAsync(default));
        Assert.Null(await reader.ReadAsync(default));

        using var access = await PackAccess.OpenAsync(file, pack.Pack.Pack, _repository.Key.Identity, default);
        foreach ((var entry, var listed) in tree.Zip(pack.Entries).Reverse())
        {
            Assert.Equal(entry.Content, await ReadAsync(await access.OpenEntryAsync(listed, default)));
        }

        file.Position = 0;
        await PackVerifier.VerifyAsync(file, pack.Pack, pack.Entries, _repository.Key.Identity, null, default);
    }

    [Fact]
    public async Task One_entry_of_a_large_pack_takes_a_small_part_of_it()
    {
        var tree = Enumerable.Range(0, 40).Select(i => TreeEntry.Object(new ArchiveObject($"o{i}", 0), Samples.Random(1 << 20, i))).ToList();
        var pack = Assert.Single(await _repository.WritePacksAsync(tree));
        await using var file = new CountingFile(_repository.PackFile(pack.Pack.Pack));
        using var access = await PackAccess.OpenAsync(file, pack.Pack.Pack, _repository.Key.Identity, default);
        Assert.Equal(tree[20].Content, await ReadAsync(await access.OpenEntryAsync(pack.Entries[20], default)));
        Assert.InRange(file.Read, 1 << 20, 5 << 20);
    }

    [Fact]
    public async Task A_pack_takes_each_path_once_and_nothing_empty_and_ends_at_its_size()
    {
        var file = new MemoryStream();
        var options = new PackOptions { TargetSize = 1 << 20, Parallelism = 1 };
        await using var writer = await PackWriter.CreateAsync(file, _repository.Key.Identity.Recipient, TestRepository.Now, options, default);
        Assert.True(writer.IsEmpty);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CompleteAsync(default));
        await TreeEntry.Object(new ArchiveObject("a", 0), []).WriteAsync(writer);
        Assert.Contains("stands in this pack already", await RefusedAsync(() => TreeEntry.Object(new ArchiveObject("a", 0), []).WriteAsync(writer)));
        Assert.Contains("is empty", await RefusedAsync(() => writer.WritePartAsync("public", "users", 0, 0, 1, default, default)));
        Assert.Contains("NUL", await RefusedAsync(() => TreeEntry.Object(new ArchiveObject("a\0", 0), []).WriteAsync(writer)));
        for (var i = 0; !writer.IsFull; i++)
        {
            Assert.True(i < 10);
            await TreeEntry.Object(new ArchiveObject($"o{i}", 0), Samples.Random(1 << 20, i)).WriteAsync(writer);
        }

        var pack = await writer.CompleteAsync(default);
        Assert.InRange(pack.Pack.Size, 1 << 20, 9 << 20);
    }

    [Fact]
    public async Task A_pack_that_was_not_completed_is_truncated_to_every_reader()
    {
        var file = new MemoryStream();
        await using (var writer = await PackWriter.CreateAsync(file, _repository.Key.Identity.Recipient, TestRepository.Now, null, default))
        {
            await TreeEntry.Object(new ArchiveObject("a", 0), Samples.Random(10_000_000, 1)).WriteAsync(writer);
        }

        file.Position = 0;
        var e = await Assert.ThrowsAsync<ArchiveException>(async () =>
        {
            await using var reader = await PackReader.OpenAsync(file, new string('a', 64), _repository.Key.Identity, null, default);
            while (await reader.ReadAsync(default) is not null)
            {
            }
        });
        Assert.Equal(ArchiveError.Corrupt, e.Error);
        Assert.Contains(new string('a', 64), e.Message);
    }

    [Fact]
    public async Task Only_the_identity_opens_a_pack()
    {
        var pack = Assert.Single(await _repository.WritePacksAsync(TreeEntry.Random(1, 10)));
        foreach (var identity in new[] { _repository.IndexKey, AgeIdentity.Create() })
        {
            await using var file = File.OpenRead(_repository.PackFile(pack.Pack.Pack));
            var e = await Assert.ThrowsAsync<ArchiveException>(() => PackReader.OpenAsync(file, pack.Pack.Pack, identity, null, default));
            Assert.Equal(ArchiveError.WrongPassword, e.Error);
            Assert.Contains(pack.Pack.Pack, e.Message);
            e = await Assert.ThrowsAsync<ArchiveException>(() => PackAccess.OpenAsync(file, pack.Pack.Pack, identity, default));
            Assert.Equal(ArchiveError.WrongPassword, e.Error);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream content)
    {
        var read = new MemoryStream();
        await content.CopyToAsync(read);
        return read.ToArray();
    }

    private static async Task<string> RefusedAsync(Func<Task<IndexEntry>> write)
    {
        var e = await Assert.ThrowsAsync<ArchiveException>(write);
        Assert.Equal(ArchiveError.InvalidRequest, e.Error);
        return e.Message;
    }

    private sealed class CountingFile(string path) : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0)
    {
        public new long Read { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            Read += count;
            return count;
        }
    }
}
