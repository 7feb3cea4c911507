using TfeBackup.Archive.Age;
using TfeBackup.Archive.Packs;
using TfeBackup.TestSupport;

namespace TfeBackup.Archive.Tests.Packs;

/// <summary>A repository in a folder, written by this code, and the tree that each of its backups must give.</summary>
internal sealed class TestRepository : IDisposable
{
    public const string Installation = "prod";
    public const int Cheap = 10;

    public static readonly DateTimeOffset Now = new(2026, 11, 28, 3, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new();

    public TestRepository()
    {
        Key = RepositoryKey.Create(Installation, Now, [Signer.PublicKey]);
        Directory.CreateDirectory(Packs);
    }

    public SigningKey Signer { get; } = SigningKey.Create();

    public AgeIdentity IndexKey { get; } = AgeIdentity.Create();

    public RepositoryKey Key { get; }

    public string Root => _folder.Combine(Installation);

    public string Packs => Path.Combine(Root, "packs");

    public IReadOnlyList<AgeRecipient> Recipients => [Key.Identity.Recipient, IndexKey.Recipient];

    public static IndexInfo Info(string id, RepositoryKey key, int? segment = null) => new()
    {
        Id = id,
        Segment = segment,
        Created = Now,
        Installation = key.Installation,
        Key = key.Name,
        ProductVersion = "1.2.0",
        PostgresVersion = "15.18",
        ObjectsIncluded = true,
        Database = new DatabaseHistory
        {
            SystemIdentifier = "7446744073709551615",
            Database = 16384,
            Timeline = 1,
            Started = Now.AddDays(-1),
            ServerVersion = 150018,
            Lsn = 23_456_789,
            Xmin = 5_000_000_000,
            Xmax = 5_000_000_007,
        },
        ObjectStore = "account/container",
    };

    public string Combine(string name) => _folder.Combine(name);

    public string PackFile(string pack) => Path.Combine(Packs, pack + ".age");

    public string BackupFile(string id, string name) => Path.Combine(Root, id, name);

    public IndexExpectation Expect(string id, int? segment = null) => new(Installation, id, Key.Name, Key.Signers) { Segment = segment };

    /// <summary>Writes entries of a tree to packs, as many as it takes.</summary>
    public async Task<List<WrittenPack>> WritePacksAsync(IEnumerable<TreeEntry> entries, PackOptions? options = null)
    {
        var packs = new List<WrittenPack>();
        var rest = new Queue<TreeEntry>(entries);
        while (rest.Count > 0)
        {
            var file = Path.Combine(Packs, "new");
            WrittenPack pack;
            await using (var output = File.Create(file))
            await using (var writer = await PackWriter.CreateAsync(output, Key.Identity.Recipient, Now, options, default))
            {
                while (!writer.IsFull && rest.TryDequeue(out var entry))
                {
                    await entry.WriteAsync(writer);
                }

                pack = await writer.CompleteAsync(default);
            }

            File.Move(file, PackFile(pack.Pack.Pack));
            packs.Add(pack);
        }

        return packs;
    }

    /// <summary>Writes the index of a backup from entries in any order.</summary>
    public async Task WriteIndexAsync(string id, IEnumerable<IndexEntry> entries, IEnumerable<PackUse> packs, IndexInfo? info = null, SigningKey? signer = null)
    {
        Directory.CreateDirectory(Path.Combine(Root, id));
        await using var output = File.Create(BackupFile(id, "index.age"));
        await using var writer = await IndexWriter.CreateAsync(output, info ?? Info(id, Key), IndexKey.Recipient, signer ?? Signer, null, default);
        foreach (var pack in packs)
        {
            writer.AddPack(pack);
        }

        foreach (var entry in entries.Order(Comparer<IndexEntry>.Create(IndexEntry.Compare)))
        {
            await writer.WriteAsync(entry, default);
        }

        var signed = await writer.CompleteAsync(default);
        await File.WriteAllBytesAsync(BackupFile(id, "index.json"), signed.Statement.ToArray());
        await File.WriteAllBytesAsync(BackupFile(id, "index.sig"), signed.Signature.ToArray());
    }

    public async Task<SignedStatement> ReadStatementAsync(string id) =>
        new(await File.ReadAllBytesAsync(BackupFile(id, "index.json")), await File.ReadAllBytesAsync(BackupFile(id, "index.sig")));

    public async Task<(IndexInfo Info, List<IndexEntry> Entries, IReadOnlyList<PackUse> Packs, IndexEnd End)> ReadIndexAsync(
        string id, AgeIdentity? identity = null, IndexExpectation? expected = null)
    {
        await using var file = File.OpenRead(BackupFile(id, "index.age"));
        await using var reader = await IndexReader.OpenAsync(
            file, await ReadStatementAsync(id), expected ?? Expect(id), identity ?? Key.Identity, null, default);
        var entries = new List<IndexEntry>();
        while (await reader.ReadAsync(default) is { } entry)
        {
            entries.Add(entry);
        }

        return (reader.Info, entries, reader.Packs, reader.End);
    }

    /// <summary>Checks a whole backup: its index, and every pack against it.</summary>
    public async Task VerifyAsync(string id, PackOptions? options = null)
    {
        (_, var entries, var packs, _) = await ReadIndexAsync(id);
        foreach (var pack in packs)
        {
            await using var file = File.OpenRead(PackFile(pack.Pack));
            await PackVerifier.VerifyAsync(file, pack, [.. entries.Where(e => e.Pack == pack.Pack)], Key.Identity, options, default);
        }
    }

    public void Dispose()
    {
        Key.Dispose();
        IndexKey.Dispose();
        Signer.Dispose();
        _folder.Dispose();
    }
}
