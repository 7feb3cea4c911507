using System.Text;
using FsCheck;
using FsCheck.Xunit;
using TfeBackup.Archive.Buffers;
using TfeBackup.Archive.Packs;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Archive.Tests.Packs;

public sealed class IndexTests : IDisposable
{
    private static readonly string SomePack = new('b', 64);

    private static readonly Comparer<byte[]> ByteOrder = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private readonly TestRepository _repository = new();

    public void Dispose() => _repository.Dispose();

    [Property(MaxTest = 10)]
    public async Task What_is_written_is_read_by_the_identity_and_by_the_index_key(int seed)
    {
        var packs = await _repository.WritePacksAsync(TreeEntry.Random(seed, 100));
        List<IndexEntry> written =
        [
            .. packs.SelectMany(p => p.Entries), IndexEntry.ForVanished("gone//"), IndexEntry.ForVanished("gone"),
            IndexEntry.ForTable("public", "ü", "layout", 128),
        ];
        var id = $"backup-{seed}";
        await _repository.WriteIndexAsync(id, written, [.. packs.Select(p => p.Pack), new PackUse { Pack = SomePack, Size = 1, Entries = 1, Bytes = 1 }]);

        foreach (var identity in new[] { _repository.Key.Identity, _repository.IndexKey })
        {
            (var info, var entries, var used, var end) = await _repository.ReadIndexAsync(id, identity);
            Assert.Equal(TestRepository.Info(id, _repository.Key), info);
            Assert.Equal(written.Select(Text).Order(StringComparer.Ordinal), entries.Select(Text).Order(StringComparer.Ordinal));
            Assert.Equal(entries.Select(e => e.SortKey).OrderBy(Encoding.UTF8.GetBytes, ByteOrder), entries.Select(e => e.SortKey));
            Assert.Equal(packs.Select(p => p.Pack with { UsedEntries = p.Pack.Entries, UsedBytes = p.Pack.Bytes }).OrderBy(p => p.Pack, StringComparer.Ordinal), used);
            Assert.Equal((written.Count, 1L, 2L), (end.Entries, end.Tables, end.Vanished));
            Assert.Equal(entries.Sum(e => e.Rows ?? 0), end.Rows);
        }
    }

    [Fact]
    public async Task Entries_that_cannot_stand_in_an_index_are_refused_by_name()
    {
        var good = Entry("objects/m", SomePack);
        IndexEntry[] bad =
        [
            good, // Twice.
            Entry("objects/a", SomePack),
            Entry("objects//", SomePack),
            Entry("objects/x/..", SomePack),
            Entry("database/public/t/0.copy", SomePack),
            Entry("manifest.json", SomePack),
            Entry("objects/z", "abc"),
            Entry("objects/z", SomePack) with { Size = -1 },
            Entry("objects/z", SomePack) with { Offset = 5 },
            Entry("objects/z", SomePack) with { Sha256 = new string('G', 64) },
            Entry("objects/z", SomePack) with { Rows = 1 },
            Entry("objects/z", SomePack) with { Vanished = true },
            Entry("objects/z", SomePack) with { Changed = true, Version = "1" },
            IndexEntry.ForTable("z", "t", "", 128),
            IndexEntry.ForTable("z", "t", "layout", 0),
        ];
        foreach (var entry in bad)
        {
            var e = await Assert.ThrowsAsync<ArchiveException>(() => WriteAsync([good, entry]));
            Assert.Equal(ArchiveError.InvalidRequest, e.Error);
            Assert.Contains(entry.Path, e.Message);
        }

        var unknown = await Assert.ThrowsAsync<ArchiveException>(() => WriteAsync([good]));
        Assert.Contains(SomePack, unknown.Message);
    }

    [Fact]
    public async Task Remarks_on_columns_and_constraints_are_read_as_they_were_written()
    {
        ArchiveColumn[] columns = [new("public.users.token_encrypted", 12, 3), new("public.a.b", 0, 0)];
        var file = new MemoryStream();
        SignedStatement signed;
        await using (var writer = await IndexWriter.CreateAsync(file, TestRepository.Info("backup", _repository.Key), null, _repository.Signer, null, default))
        {
            writer.AddColumn(columns[0]);
            writer.AddBroken("public.teams.ü");
            writer.AddColumn(columns[1]);
            signed = await writer.CompleteAsync(default);
        }

        file.Position = 0;
        await using var reader = await IndexReader.OpenAsync(file, signed, _repository.Expect("backup"), _repository.Key.Identity, null, default);
        Assert.Null(await reader.ReadAsync(default));
        Assert.Equal(columns, reader.Columns);
        Assert.Equal(["public.teams.ü"], reader.Broken);
        Assert.Equal(3, reader.End.Remarks);
    }

    [Property(MaxTest = 300)]
    public bool Texts_are_in_the_order_of_their_bytes(UnicodeString first, UnicodeString second)
    {
        (var a, var b) = (first?.Get ?? "", second?.Get ?? "");
        return !IsUnicode(a) || !IsUnicode(b)
            || Math.Sign(Utf8Order.Compare(a, b)) == Math.Sign(Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
    }

    [Property(MaxTest = 60)]
    public async Task Merging_takes_the_newest_of_each(int seed)
    {
        var random = new Random(seed);
        var sources = Enumerable.Range(0, random.Next(1, 6)).Select(source => RandomEntries(random, random.Next(0, 60), source)
            .GroupBy(e => e.SortKey).Select(g => g.Last()).Order(Comparer<IndexEntry>.Create(IndexEntry.Compare)).ToList()).ToList();
        var expected = sources.SelectMany(s => s).GroupBy(e => e.SortKey).Select(g => g.First()).Order(Comparer<IndexEntry>.Create(IndexEntry.Compare));
        var merged = await ToListAsync(IndexMerge.MergeAsync([.. sources.Select(ToAsync)], default));
        Assert.Equal(expected.Select(Text), merged.Select(Text));
    }

    [Property(MaxTest = 60)]
    public async Task Sorting_through_files_is_sorting_and_leaves_none(int seed)
    {
        using var folder = new TempFolder();
        var random = new Random(seed);
        var entries = RandomEntries(random, random.Next(0, 700), 0).ToList();
        List<IndexEntry> sorted;
        await using (var sorter = new IndexSorter(folder.Combine(""), runLength: random.Next(1, 20), fanIn: random.Next(2, 5)))
        {
            foreach (var entry in entries)
            {
                await sorter.AddAsync(entry, default);
            }

            // Not even a process that is killed now leaves any.
            Assert.Empty(OperatingSystem.IsWindows() ? [] : Directory.EnumerateFileSystemEntries(folder.Combine("")));
            sorted = await ToListAsync(sorter.ReadAllAsync(default));
        }

        var expected = entries.GroupBy(e => e.SortKey).Select(g => g.Last()).Order(Comparer<IndexEntry>.Create(IndexEntry.Compare));
        Assert.Equal(expected.Select(Text), sorted.Select(Text));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Combine("")));
    }

    private static IEnumerable<IndexEntry> RandomEntries(Random random, int count, int source)
    {
        string[] names = ["a", "b", "\U0001F600", "\uFFFD", "//", "."];
        return Enumerable.Range(0, count).Select(i =>
        {
            var key = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => names[random.Next(names.Length)]));
            var item = IndexEntry.ForVanished(key);
            return random.Next(4) == 0
                ? IndexEntry.ForTable("public", key, $"{source}-{i}", 128)
                : Entry(item.Path, SomePack) with { Comment = item.Comment, Version = $"{source}-{i}" };
        });
    }

    private static IndexEntry Entry(string path, string pack) =>
        new() { Path = path, Size = 5, Sha256 = new string('a', 64), Pack = pack, Offset = 512, Compared = 1 };

    private static string Text(IndexEntry entry) => System.Text.Json.JsonSerializer.Serialize(entry, PackJson.Default.IndexEntry);

    private static bool IsUnicode(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;

    private async Task WriteAsync(IEnumerable<IndexEntry> entries)
    {
        await using var writer = await IndexWriter.CreateAsync(
            Stream.Null, TestRepository.Info("backup", _repository.Key), null, _repository.Signer, null, default);
        foreach (var entry in entries)
        {
            await writer.WriteAsync(entry, default);
        }

        await writer.CompleteAsync(default);
    }

    private static async IAsyncEnumerable<IndexEntry> ToAsync(IEnumerable<IndexEntry> entries)
    {
        await Task.Yield();
        foreach (var entry in entries)
        {
            yield return entry;
        }
    }

    private static async Task<List<IndexEntry>> ToListAsync(IAsyncEnumerable<IndexEntry> entries)
    {
        var list = new List<IndexEntry>();
        await foreach (var entry in entries)
        {
            list.Add(entry);
        }

        return list;
    }
}
