using System.Security.Cryptography;
using System.Text;
using TfeBackup.Archive;
using TfeBackup.Archive.Age;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Tests.Vault;
using TfeBackup.Engine.Vault;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.ObjectStores;
using Xunit;

namespace TfeBackup.Engine.Tests.Objects;

public sealed class ObjectRoundTripTests : IAsyncLifetime
{
    private static readonly EncryptionRules OldRules = new("old", new Dictionary<string, string>(), null, objectsEncrypted: true);
    private static readonly EncryptionRules NewRules = new("new", new Dictionary<string, string>(), null, objectsEncrypted: true);

    private readonly DirectoryFixture _source = new();
    private VaultFixture _old = null!;
    private VaultFixture _new = null!;

    public async Task InitializeAsync()
    {
        _old = await VaultFixture.StartAsync();
        _new = await VaultFixture.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _old.DisposeAsync();
        await _new.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task Objects_come_back_in_their_form_under_the_other_vault_s_key()
    {
        Dictionary<string, (byte[] Content, string? Form)> objects = new()
        {
            ["age/big"] = (RandomNumberGenerator.GetBytes(9_000_001), "age"),
            ["age/empty"] = ([], "age"),
            ["age/one-chunk"] = (RandomNumberGenerator.GetBytes(64 << 10), "age"),
            ["age/small"] = ("state"u8.ToArray(), "age"),
            ["plain/big"] = (RandomNumberGenerator.GetBytes(9_000_000), null),
            ["plain/empty"] = ([], null),
            ["plain/like-a-ciphertext"] = ("vault:v1:not base64"u8.ToArray(), null),
            ["plain/other-age"] = ("age-encryption.org/v1\n-> scrypt x 18\n"u8.ToArray(), null),
            ["plain/small"] = ("text"u8.ToArray(), null),
            ["value/empty"] = ([], "value"),
            ["value/text"] = ("secret"u8.ToArray(), "value"),
        };
        foreach (var (key, (content, form)) in objects)
        {
            await _source.PutAsync(key, form switch
            {
                "age" => await AgeAsync(content),
                "value" => Encoding.ASCII.GetBytes(_old.Server.Encrypt("old_archivist", content)),
                _ => content,
            });
        }

        await using DirectoryFixture target = new();
        await using var staging = await target.Open().CreateStagingAsync("r", default);
        ObjectRestore restore = new(staging, _new.Client(), NewRules);
        await foreach (var source in new ObjectSource(_source.Open(), _old.Client(), OldRules).ReadAllAsync(_source.Open().ListAsync(default), default))
        {
            Assert.Equal(objects[source.Key].Form, source.Header!.TransitForm);
            Assert.Equal(objects[source.Key].Form is null ? null : "old_archivist", source.Header.TransitKey);
            Assert.Equal(objects[source.Key].Content.Length, source.Header.Length);
            await restore.AddAsync(source.Header, source.Content, default);
        }

        await restore.SealAsync("t", default);
        await staging.PromoteAsync(default);

        List<string> keys = [];
        await foreach (var restored in new ObjectSource(target.Open(), _new.Client(), NewRules).ReadAllAsync(target.Open().ListAsync(default), default))
        {
            keys.Add(restored.Key);
            Assert.Equal(objects[restored.Key].Form, restored.Header!.TransitForm);
            Assert.Equal(objects[restored.Key].Form is null ? null : "new_archivist", restored.Header.TransitKey);
            Assert.Equal(objects[restored.Key].Content, await AllAsync(restored.Content));
        }

        Assert.Equal(objects.Keys.Order(ObjectKey.Order), keys);
        var atRest = await ObjectSet.ReadAsync(target.Open());
        Assert.Equal("secret", Encoding.UTF8.GetString(_new.Server.Decrypt("new_archivist", atRest["value/text"])));
        Assert.StartsWith("age-encryption.org/v1\n-> vault-transit new_archivist\n", atRest["age/small"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_small_objects_need_few_requests_and_keep_their_order()
    {
        for (var i = 0; i < 3000; i++)
        {
            await _source.PutAsync($"{i % 7}/{i}", i % 2 == 0
                ? await AgeAsync(BitConverter.GetBytes(i))
                : Encoding.ASCII.GetBytes(_old.Server.Encrypt("old_archivist", BitConverter.GetBytes(i))));
        }

        var before = _old.Server.Requests.Count;
        await using DirectoryFixture target = new();
        await using var staging = await target.Open().CreateStagingAsync("r", default);
        ObjectRestore restore = new(staging, _new.Client(), NewRules);
        var last = "";
        var count = 0;
        await foreach (var source in new ObjectSource(_source.Open(), _old.Client(), OldRules).ReadAllAsync(_source.Open().ListAsync(default), default))
        {
            Assert.True(ObjectKey.Compare(last, source.Key) < 0);
            last = source.Key;
            count++;
            await restore.AddAsync(source.Header!, source.Content, default);
        }

        await restore.SealAsync("t", default);
        await staging.PromoteAsync(default);

        Assert.Equal(3000, count);
        Assert.InRange(_old.Server.Requests.Count - before, 1, 60);
        Assert.InRange(_new.Server.Requests.Count, 2, 20);
        var atRest = await ObjectSet.ReadAsync(target.Open());
        for (var i = 1; i < 3000; i += 2)
        {
            Assert.Equal(BitConverter.GetBytes(i), _new.Server.Decrypt("new_archivist", atRest[$"{i % 7}/{i}"]));
        }
    }

    [Fact]
    public async Task Values_that_wait_are_bounded_and_nothing_large_waits_behind_them()
    {
        await using DirectoryFixture target = new();
        await using var staging = await target.Open().CreateStagingAsync("r", default);
        ObjectRestore restore = new(staging, _new.Client(), NewRules);
        async Task AddAsync(string key, int length, string? form) => await restore.AddAsync(
            new ArchiveObject(key, length) { TransitForm = form, TransitKey = form is null ? null : "old_archivist" }, new MemoryStream(new byte[length]), default);


        // Files are written beside the next calls.
        Task StagedAsync(int fewest, int most) => WaitFor.ConditionAsync(
            () => Staged(target) is var staged && staged >= fewest && staged <= most, "what is to be staged", TimeSpan.FromSeconds(30));

        for (var i = 0; i < 40; i++)
        {
            await AddAsync($"a{i:00}", 512 << 10, "value");
            await StagedAsync(i - 7, i);
        }

        await AddAsync("b", 100, null);
        await StagedAsync(41, 41);
        await AddAsync("c", 1, "value");
        await AddAsync("d", 100, null);
        await StagedAsync(41, 41);
        await AddAsync("e", 1 << 20, null);
        await StagedAsync(44, 44);
        await AddAsync("f", 1, "value");
        await StagedAsync(44, 44);
        await restore.SealAsync("t", default);
        await StagedAsync(45, 45);
    }

    [Fact]
    public async Task A_vault_that_fails_fails_the_sealing_of_what_waits()
    {
        await using DirectoryFixture target = new();
        await using var staging = await target.Open().CreateStagingAsync("r", default);
        ObjectRestore restore = new(staging, _new.Client(o => o with { Attempts = 1 }), NewRules);
        await restore.AddAsync(new ArchiveObject("a", 1) { TransitForm = "value", TransitKey = "old_archivist" }, new MemoryStream([1]), default);
        _new.Server.Sealed = true;

        var failure = await Assert.ThrowsAsync<EngineException>(() => restore.SealAsync("t", default));

        Assert.Equal(EngineError.Unavailable, failure.Error);
        Assert.Equal(0, Staged(target));
        Assert.Null(staging.CommitToken);
    }

    private static int Staged(DirectoryFixture target) =>
        Directory.GetFiles(target.Root, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Count(name => name!.Length is 1 or 3);

    [Fact]
    public async Task A_store_not_declared_encrypted_is_copied_as_it_is()
    {
        var age = await AgeAsync("x"u8.ToArray());
        await _source.PutAsync("a", age);
        await _source.PutAsync("b", "vault:v1:AAAA"u8.ToArray());
        Dictionary<string, byte[]> read = [];
        await foreach (var source in new ObjectSource(_source.Open(), null, EncryptionRules.None).ReadAllAsync(_source.Open().ListAsync(default), default))
        {
            Assert.Null(source.Header!.TransitForm);
            read.Add(source.Key, await AllAsync(source.Content));
        }

        Assert.Equal(age, read["a"]);
        Assert.Equal("vault:v1:AAAA"u8.ToArray(), read["b"]);
    }

    [Theory]
    [InlineData("header", 100)]
    [InlineData("header", 9_000_000)]
    [InlineData("payload", 100)]
    [InlineData("payload", 9_000_000)]
    [InlineData("truncated", 100)]
    [InlineData("truncated", 9_000_000)]
    [InlineData("stanza", 100)]
    [InlineData("wrapped key", 100)]
    [InlineData("other vault", 100)]
    [InlineData("value", 0)]
    public async Task A_damaged_encrypted_object_stops_the_backup_by_name(string what, int length)
    {
        _old.Server.Encrypt("old_archivist", "the key exists");
        var bytes = what switch
        {
            "value" => Encoding.ASCII.GetBytes(_new.Server.Encrypt("old_archivist", "x")),
            "other vault" => await AgeAsync(new byte[length], _new),
            _ => await AgeAsync(new byte[length]),
        };
        var text = Encoding.Latin1.GetString(bytes);
        switch (what)
        {
            case "header":
                bytes[text.IndexOf("--- ", StringComparison.Ordinal) + 10] ^= 1;
                break;
            case "payload":
                bytes[^20] ^= 1;
                break;
            case "truncated":
                bytes = bytes[..^30];
                break;
            case "stanza":
                bytes = Encoding.Latin1.GetBytes(text.Replace("old_archivist", "old_archivist x", StringComparison.Ordinal));
                break;
            case "wrapped key":
                bytes[text.IndexOf('\n', text.IndexOf("vault-transit", StringComparison.Ordinal)) + 30] ^= 1;
                break;
            default:
                break;
        }

        await _source.PutAsync("good", "x"u8.ToArray());
        await _source.PutAsync("spoiled/object", bytes);
        var failure = await Assert.ThrowsAsync<EngineException>(async () =>
        {
            await foreach (var source in new ObjectSource(_source.Open(), _old.Client(), OldRules).ReadAllAsync(_source.Open().ListAsync(default), default))
            {
                await source.Content.CopyToAsync(Stream.Null);
            }
        });
        Assert.Equal(EngineError.CorruptSource, failure.Error);
        Assert.Contains("'spoiled/object'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_vanishes_after_it_was_listed_is_said_to_have_vanished()
    {
        await _source.PutAsync("a", "a"u8.ToArray());
        await _source.PutAsync("b", "b"u8.ToArray());
        await _source.PutAsync("c", new byte[5 << 20]);
        await _source.PutAsync("d", "d"u8.ToArray());
        MeddlingStore store = new(_source.Open(), key => key is "b" or "c" ? _source.DeleteAsync(key) : Task.CompletedTask);
        List<(string, bool)> seen = [];
        await foreach (var source in new ObjectSource(store, null, EncryptionRules.None).ReadAllAsync(store.ListAsync(default), default))
        {
            seen.Add((source.Key, source.Vanished));
        }

        Assert.Equal([("a", false), ("b", true), ("c", true), ("d", false)], seen);
    }

    [Fact]
    public async Task What_outgrows_the_memory_set_aside_for_it_is_read_all_the_same()
    {
        var grown = RandomNumberGenerator.GetBytes(6 << 20);
        await _source.PutAsync("a", "a"u8.ToArray());
        MeddlingStore store = new(_source.Open(), key => _source.PutAsync(key, grown));
        await foreach (var source in new ObjectSource(store, null, EncryptionRules.None).ReadAllAsync(store.ListAsync(default), default))
        {
            Assert.Equal(grown, await AllAsync(source.Content));
        }
    }

    [Theory]
    [InlineData(2 << 20)]
    [InlineData(20 << 20)]
    public async Task An_object_that_is_written_to_all_the_time_is_carried_as_long_as_it_was_and_marked(int length)
    {
        await _source.PutAsync("log", new byte[length]);
        await _source.PutAsync("quiet", new byte[length]);
        using var file = new FileStream(Path.Join(_source.Root, "log"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        MeddlingStore store = new(_source.Open(), _ => Task.CompletedTask)
        {
            WhileRead = key =>
            {
                if (key == "log")
                {
                    file.WriteByte(1);
                    file.Flush();
                }
            },
        };
        List<(string, bool)> seen = [];
        await foreach (var source in new ObjectSource(store, null, EncryptionRules.None).ReadAllAsync(store.ListAsync(default), default))
        {
            Assert.Equal(source.Header!.Length, (await AllAsync(source.Content)).Length);
            Assert.InRange(source.Header.Length, length, length + 10);
            seen.Add((source.Key, source.Changed()));
        }

        Assert.Equal([("log", true), ("quiet", false)], seen);
    }

    [Fact]
    public async Task A_small_object_that_is_replaced_while_it_is_read_is_read_again()
    {
        await _source.PutAsync("object", new byte[1000]);
        var again = 0;
        MeddlingStore store = new(_source.Open(), _ => Task.CompletedTask)
        {
            // Shorter, so that what was opened cannot be read to its end; once.
            WhileRead = key =>
            {
                if (again++ == 0)
                {
                    File.WriteAllBytes(Path.Join(_source.Root, key), [1, 2, 3]);
                }
            },
        };
        await foreach (var source in new ObjectSource(store, null, EncryptionRules.None).ReadAllAsync(store.ListAsync(default), default))
        {
            Assert.Equal([1, 2, 3], await AllAsync(source.Content));
            Assert.False(source.Changed());
        }
    }

    [Fact]
    public async Task A_large_object_cut_short_while_it_is_read_is_as_long_as_it_was_and_marked()
    {
        var whole = RandomNumberGenerator.GetBytes(20 << 20);
        await _source.PutAsync("large", whole);
        await foreach (var source in new ObjectSource(_source.Open(), null, EncryptionRules.None).ReadAllAsync(_source.Open().ListAsync(default), default))
        {
            var read = new byte[source.Header!.Length];
            await source.Content.ReadExactlyAsync(read.AsMemory(0, 100));
            await _source.PutAsync("large", new byte[10 << 20]);
            await source.Content.ReadExactlyAsync(read.AsMemory(100));
            Assert.Equal(0, await source.Content.ReadAsync(new byte[1]));
            Assert.Equal(whole[..100], read[..100]);
            Assert.False(read.AsSpan(10 << 20).ContainsAnyExcept((byte)0));
            Assert.True(source.Changed());
        }
    }

    [Fact]
    public async Task A_reader_that_has_had_enough_can_leave()
    {
        for (var i = 0; i < 300; i++)
        {
            await _source.PutAsync($"o{i}", new byte[300_000]);
        }

        await foreach (var source in new ObjectSource(_source.Open(), null, EncryptionRules.None).ReadAllAsync(_source.Open().ListAsync(default), default))
        {
            Assert.Equal("o0", source.Key);
            break;
        }
    }

    [Fact]
    public async Task A_vault_that_fails_fails_the_reading()
    {
        await _source.PutAsync("a", Encoding.ASCII.GetBytes(_old.Server.Encrypt("old_archivist", "x")));
        _old.Server.Sealed = true;
        var failure = await Assert.ThrowsAsync<EngineException>(async () =>
        {
            await foreach (var source in new ObjectSource(_source.Open(), _old.Client(o => o with { Attempts = 1 }), OldRules).ReadAllAsync(_source.Open().ListAsync(default), default))
            {
                Assert.Fail($"{source.Key} was read.");
            }
        });
        Assert.Equal(EngineError.Unavailable, failure.Error);
    }

    [Theory]
    [InlineData("value")]
    [InlineData("age")]
    [InlineData("form of the future")]
    public async Task An_encrypted_object_needs_a_target_declared_encrypted(string form)
    {
        await using DirectoryFixture target = new();
        await using var staging = await target.Open().CreateStagingAsync("r", default);
        ArchiveObject header = new("secret/object", 1) { TransitKey = "k", TransitForm = form };
        var failure = await Assert.ThrowsAsync<EngineException>(
            () => new ObjectRestore(staging, form.Contains(' ') ? _new.Client() : null, form.Contains(' ') ? NewRules : EncryptionRules.None)
                .AddAsync(header, new MemoryStream([1]), default));
        Assert.Equal(EngineError.Unsupported, failure.Error);
        Assert.Contains("'secret/object'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_two_gigabyte_object_is_copied_in_constant_memory()
    {
        const long length = (2L << 30) + 12345;
        using (var sparse = File.Create(Path.Join(_source.Root, "huge")))
        {
            sparse.SetLength(length);
        }

        await using DirectoryFixture target = new();
        await using var staging = await target.Open().CreateStagingAsync("r", default);
        ObjectRestore restore = new(staging, null, EncryptionRules.None);
        var before = GC.GetTotalAllocatedBytes();
        await foreach (var source in new ObjectSource(_source.Open(), null, EncryptionRules.None).ReadAllAsync(_source.Open().ListAsync(default), default))
        {
            await restore.AddAsync(source.Header!, source.Content, default);
        }

        var staged = Assert.Single(Directory.GetFiles(target.Root, "huge", SearchOption.AllDirectories));
        Assert.Equal(length, new FileInfo(staged).Length);

        // Other tests allocate at the same time, so this is an upper bound with room for them.
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 1L << 30);
        await staging.DiscardAsync(default);
    }

    private async Task<byte[]> AgeAsync(byte[] content, VaultFixture? vault = null)
    {
        var fileKey = AgeFile.CreateFileKey();
        AgeStanza stanza = new("vault-transit", ["old_archivist"], Encoding.ASCII.GetBytes((vault ?? _old).Server.Encrypt("old_archivist", fileKey)));
        using MemoryStream file = new();
        await using var encrypting = await AgeFile.CreateEncryptingStreamAsync(file, [stanza], fileKey, default);
        await encrypting.WriteAsync(content);
        await encrypting.CompleteAsync(default);
        return file.ToArray();
    }

    private static async Task<byte[]> AllAsync(Stream stream)
    {
        using MemoryStream all = new();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    /// <summary>A store in which somebody else does something just before an object is opened.</summary>
    private sealed class MeddlingStore(IObjectStore inner, Func<string, Task> meddle) : IObjectStore
    {
        public Action<string>? WhileRead { get; init; }

        public string Description => inner.Description;

        public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

        public Task<bool> AnyAsync(CancellationToken cancellationToken) => inner.AnyAsync(cancellationToken);

        public async IAsyncEnumerable<ObjectInfo> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            // All of it before anybody meddles.
            foreach (var info in await inner.ListAsync(cancellationToken).ToListAsync(cancellationToken))
            {
                yield return info;
            }
        }

        public IObjectWatch Watch() => inner.Watch();

        public async Task<ObjectContent?> OpenAsync(string key, CancellationToken cancellationToken)
        {
            await meddle(key);
            return await inner.OpenAsync(key, cancellationToken) is { } opened
                ? opened with { Stream = new WatchedStream(opened.Stream, () => WhileRead?.Invoke(key)) }
                : null;
        }

        public Task<IObjectStaging> CreateStagingAsync(string id, CancellationToken cancellationToken) => inner.CreateStagingAsync(id, cancellationToken);

        public Task<IReadOnlyList<IObjectStaging>> FindStagingsAsync(CancellationToken cancellationToken) => inner.FindStagingsAsync(cancellationToken);

        public Task<byte[]?> ReadLedgerAsync(CancellationToken cancellationToken) => inner.ReadLedgerAsync(cancellationToken);

        public Task WriteLedgerAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => inner.WriteLedgerAsync(content, cancellationToken);
    }

    /// <summary>Tells somebody before each read.</summary>
    private sealed class WatchedStream(Stream inner, Action told) : Archive.Buffers.ReadStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            told();
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
