using System.Text;
using TfeBackup.Archive.Packs;
using TfeBackup.Archive.Tests.Packs;
using Xunit;

namespace TfeBackup.Archive.Tests.Hostile;

/// <summary>
/// What somebody can put into a store who can write to it and knows the recipient, but neither the identity nor a signer's key; and what a
/// signer could sign that no writer writes. All of it is refused, by the name of the backup or the pack.
/// </summary>
public sealed class HostileRepositoryTests : IAsyncLifetime, IDisposable
{
    private readonly TestRepository _repository = new();
    private readonly SigningKey _forger = SigningKey.Create();
    private List<WrittenPack> _packs = [];

    public async Task InitializeAsync()
    {
        _packs = await _repository.WritePacksAsync(TreeEntry.Random(1, 30));
        await _repository.WriteIndexAsync("backup-1", Entries, Packs);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _repository.Dispose();
        _forger.Dispose();
    }

    private IEnumerable<IndexEntry> Entries => _packs.SelectMany(p => p.Entries);

    private IEnumerable<PackUse> Packs => _packs.Select(p => p.Pack);

    [Fact]
    public async Task A_repository_made_with_the_recipient_alone_is_refused()
    {
        var forged = await _repository.WritePacksAsync(TreeEntry.Random(9, 10));
        await _repository.WriteIndexAsync("backup-2", forged.SelectMany(p => p.Entries), forged.Select(p => p.Pack), signer: _forger);
        Assert.Contains("'backup-2' is not signed", await RefusedAsync("backup-2"));

        // Saying that an allowed host signed it does not help, nor does its signature of something else.
        var statement = await File.ReadAllTextAsync(_repository.BackupFile("backup-2", "index.json"));
        await File.WriteAllTextAsync(
            _repository.BackupFile("backup-2", "index.json"),
            statement.Replace(_forger.PublicKey.ToString(), _repository.Signer.PublicKey.ToString(), StringComparison.Ordinal));
        Assert.Contains("'backup-2' is not signed", await RefusedAsync("backup-2"));
        File.Copy(_repository.BackupFile("backup-1", "index.sig"), _repository.BackupFile("backup-2", "index.sig"), overwrite: true);
        Assert.Contains("'backup-2' is not signed", await RefusedAsync("backup-2"));
        await File.WriteAllBytesAsync(_repository.BackupFile("backup-2", "index.sig"), []);
        Assert.Contains("'backup-2' is not signed", await RefusedAsync("backup-2"));
    }

    [Fact]
    public async Task An_index_of_another_backup_installation_key_or_kind_is_refused()
    {
        Copy("backup-1", "backup-2");
        Assert.Contains("signed id is 'backup-1', expected 'backup-2'", await RefusedAsync("backup-2"));

        using var other = RepositoryKey.Create("test", TestRepository.Now, _repository.Key.Signers);
        await _repository.WriteIndexAsync("backup-3", Entries, Packs, TestRepository.Info("backup-3", other));
        Assert.Contains("signed installation is 'test', expected 'prod'", await RefusedAsync("backup-3"));

        using var rotated = RepositoryKey.Create("prod", TestRepository.Now, _repository.Key.Signers);
        await _repository.WriteIndexAsync("backup-4", Entries, Packs, TestRepository.Info("backup-4", rotated));
        Assert.Contains(rotated.Name, await RefusedAsync("backup-4"));

        await _repository.WriteIndexAsync("backup-5", Entries, Packs, TestRepository.Info("backup-5", _repository.Key, segment: 0));
        Assert.Contains("signed type is 'tfe-backup segment'", await RefusedAsync("backup-5"));
        Assert.Equal(0, (await _repository.ReadIndexAsync("backup-5", expected: _repository.Expect("backup-5", 0))).Info.Segment);
        Assert.Contains("Segment 1 of the index of 'backup-5'", await RefusedAsync("backup-5", _repository.Expect("backup-5", 1)));
    }

    [Fact]
    public async Task A_file_other_than_the_signed_one_is_refused()
    {
        // Made by a stranger, complete, well-formed, and saying of itself the very same.
        await _repository.WriteIndexAsync("backup-2", Entries.Skip(1), Packs, TestRepository.Info("backup-1", _repository.Key), _forger);
        File.Copy(_repository.BackupFile("backup-2", "index.age"), _repository.BackupFile("backup-1", "index.age"), overwrite: true);
        Assert.Contains("'backup-1' is another file than the one that was signed", await RefusedAsync("backup-1"));

        // And one that says to be of another backup, behind the right statement.
        await _repository.WriteIndexAsync("backup-3", Entries, Packs);
        File.Copy(_repository.BackupFile("backup-3", "index.age"), _repository.BackupFile("backup-1", "index.age"), overwrite: true);
        Assert.Contains("'backup-1'", await RefusedAsync("backup-1"));
    }

    [Fact]
    public async Task Another_pack_under_the_name_of_one_is_refused()
    {
        var name = _packs[0].Pack.Pack;
        var forged = (await _repository.WritePacksAsync(TreeEntry.Random(1, 30)))[0];
        Assert.NotEqual(name, forged.Pack.Pack);
        File.Copy(_repository.PackFile(forged.Pack.Pack), _repository.PackFile(name), overwrite: true);

        // The same entries at the same places, so that only the name tells.
        var e = await Assert.ThrowsAsync<ArchiveException>(() => _repository.VerifyAsync("backup-1"));
        Assert.Contains($"The pack '{name}' is another file than the one that was signed", e.Message);

        var different = (await _repository.WritePacksAsync(TreeEntry.Random(2, 30)))[0];
        File.Copy(_repository.PackFile(different.Pack.Pack), _repository.PackFile(name), overwrite: true);
        e = await Assert.ThrowsAsync<ArchiveException>(() => _repository.VerifyAsync("backup-1"));
        Assert.Contains(name, e.Message);

        // Entry by entry, each is compared with the index; only the sequences are the same here.
        await using var file = File.OpenRead(_repository.PackFile(name));
        using var access = await PackAccess.OpenAsync(file, name, _repository.Key.Identity, default);
        foreach (var entry in Entries.Where(entry => entry.Path != PackPath.Sequences.Path))
        {
            e = await Assert.ThrowsAsync<ArchiveException>(async () => await (await access.OpenEntryAsync(entry, default)).CopyToAsync(Stream.Null));
            Assert.Equal(ArchiveError.Corrupt, e.Error);
            Assert.Contains(name, e.Message);
        }
    }

    [Fact]
    public async Task An_entry_that_is_not_what_the_index_says_is_refused()
    {
        var entry = Entries.First(e => e is { Rows: > 1 });
        (string Fault, IndexEntry Entry)[] bad =
        [
            ("the number of rows", entry with { Rows = entry.Rows - 1 }),
            ("the hash", entry with { Sha256 = new string('0', 64) }),
            ("the size", entry with { Size = entry.Size - 1 }),
            ("the place", entry with { Offset = entry.Offset + 512 }),
            ("the place, far outside", entry with { Offset = 1L << 40 }),
            ("the path", entry with { Path = PackPath.TablePart("public", "other", 0, 0).Path }),
        ];
        foreach ((_, var wrong) in bad)
        {
            await _repository.WriteIndexAsync("backup-2", Entries.Select(e => ReferenceEquals(e, entry) ? wrong : e), Packs);
            var e = await Assert.ThrowsAsync<ArchiveException>(() => _repository.VerifyAsync("backup-2"));
            Assert.Equal(ArchiveError.Corrupt, e.Error);
            Assert.Contains(entry.Pack!, e.Message);
        }
    }

    [Fact]
    public async Task Lines_that_no_writer_writes_are_refused_although_they_are_signed()
    {
        var text = await DecryptAsync(_repository.BackupFile("backup-1", "index.age"));
        var lines = Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[][] bad =
        [
            [],
            lines[..^1],
            lines[1..],
            [.. lines, lines[^1]],
            [.. lines, ""],
            [lines[0], lines[2], lines[1], .. lines[3..]],
            [lines[0], lines[1], .. lines[1..]],
            [lines[0], .. lines[2..]],
            [.. lines[..^2], lines[^1]],
            [.. lines[..^1], lines[^1].Replace("\"entries\":30", "\"entries\":31", StringComparison.Ordinal)],
            [.. lines[..^2], lines[^2].Replace("\"usedEntries\":30", "\"usedEntries\":29", StringComparison.Ordinal), lines[^1]],
            [.. lines[..^2], lines[^2], lines[^2], lines[^1]],
            [lines[0].Replace("backup-1", "backup-2", StringComparison.Ordinal), .. lines[1..]],
            [lines[0].Replace("\"format\":2", "\"format\":1", StringComparison.Ordinal), .. lines[1..]],
            [lines[0], "{\"path\":\"objects/../../etc/passwd\"}", .. lines[1..]],
            [lines[0], "{\"path\":\"" + new string('x', 300_000) + "\"}", .. lines[1..]],
            [lines[0], "{\"path\":\"objects/a\",\"path\":\"objects/b\"}", .. lines[1..]],
            [lines[0], "{\"path\":null}", .. lines[1..]],
            [lines[0], "[]", .. lines[1..]],
            [lines[0], "{", .. lines[1..]],
            [.. lines[..^1], "{\"broken\":\"\"}", lines[^1]],
            [.. lines[..^1], "{\"broken\":\"a.b.c\"}", lines[^1]],
            [.. lines[..^1], "{\"column\":\"a.b.c\",\"decrypted\":-1,\"plain\":0}", lines[^1].Replace("\"remarks\":0", "\"remarks\":1", StringComparison.Ordinal)],
            [.. lines[..^1], "{\"column\":\"a.b.c\",\"decrypted\":1}", lines[^1].Replace("\"remarks\":0", "\"remarks\":1", StringComparison.Ordinal)],
        ];
        foreach (var changed in bad)
        {
            await WriteSignedAsync("backup-1", Encoding.UTF8.GetBytes(string.Concat(changed.Select(l => l + "\n"))));
            Assert.Contains("'backup-1'", await RefusedAsync("backup-1"));
        }

        await WriteSignedAsync("backup-1", text[..^1]);
        Assert.Contains("ends within line", await RefusedAsync("backup-1"));
        await WriteSignedAsync("backup-1", text);
        Assert.Equal(30, (await _repository.ReadIndexAsync("backup-1")).Entries.Count);
    }

    /// <summary>Thousands of random changes to every file of a repository as it stands: each is refused by name.</summary>
    [Fact]
    public async Task No_changed_file_is_accepted()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var keyFile = await _repository.Key.WrapAsync(Samples.Password, 1, default);
        var index = await File.ReadAllBytesAsync(_repository.BackupFile("backup-1", "index.age"));
        var signed = await _repository.ReadStatementAsync("backup-1");
        var pack = await File.ReadAllBytesAsync(_repository.PackFile(_packs[0].Pack.Pack));
        (string Name, byte[] Content, Func<byte[], Task> Open)[] files =
        [
            (_repository.Key.Name, keyFile, async f => (await RepositoryKey.OpenAsync(f, Samples.Password, _repository.Key.Name, "prod", default)).Dispose()),
            ("'backup-1'", index, f => ReadAsync(f, signed)),
            ("'backup-1'", signed.Statement.ToArray(), f => ReadAsync(index, signed with { Statement = f })),
            ("'backup-1'", signed.Signature.ToArray(), f => ReadAsync(index, signed with { Signature = f })),
            (_packs[0].Pack.Pack, pack, f => PackVerifier.VerifyAsync(new MemoryStream(f), _packs[0].Pack, _packs[0].Entries, _repository.Key.Identity, OneAtATime, default)),
        ];
        for (var i = 0; i < Mutations.Count; i++)
        {
            (var name, var content, var open) = files[i % files.Length];
            var changed = Mutations.Apply(content, random);
            if (!changed.AsSpan().SequenceEqual(content))
            {
                var e = await Record.ExceptionAsync(() => open(changed));
                Assert.True(e is ArchiveException, $"seed {seed}, mutation {i} of {name}: {e?.ToString() ?? "accepted"}");
                Assert.True(e!.Message.Contains(name, StringComparison.Ordinal), $"seed {seed}, mutation {i}: '{e.Message}' does not name {name}");
            }
        }
    }

    /// <summary>The same to what lies inside, encrypted and signed again: refused, or an index or a pack in every respect, but nothing else.</summary>
    [Fact]
    public async Task No_changed_content_escapes()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var lines = await DecryptAsync(_repository.BackupFile("backup-1", "index.age"));
        var tar = await DecryptAsync(_repository.PackFile(_packs[0].Pack.Pack));
        for (var i = 0; i < Mutations.Count; i++)
        {
            var isIndex = i % 2 == 0;
            var content = Mutations.Apply(isIndex ? lines : tar, random);
            var e = await Record.ExceptionAsync(async () =>
            {
                if (isIndex)
                {
                    (var file, var signed) = await SignAsync("backup-1", content);
                    await ReadAsync(file, signed);
                }
                else
                {
                    var file = await EncryptAsync(content);
                    var pack = _packs[0].Pack with { Pack = Samples.Sha256(file), Size = file.Length };
                    IndexEntry[] entries = [.. _packs[0].Entries.Select(entry => entry with { Pack = pack.Pack })];
                    await PackVerifier.VerifyAsync(new MemoryStream(file), pack, entries, _repository.Key.Identity, OneAtATime, default);
                }
            });
            Assert.True(e is null or ArchiveException, $"seed {seed}, mutation {i}: {e}");
        }
    }

    private static PackOptions OneAtATime => new() { Parallelism = 1 };

    private async Task ReadAsync(byte[] index, SignedStatement signed)
    {
        await using var reader = await IndexReader.OpenAsync(
            new MemoryStream(index), signed, _repository.Expect("backup-1"), _repository.Key.Identity, OneAtATime, default);
        while (await reader.ReadAsync(default) is not null)
        {
        }
    }

    private async Task<string> RefusedAsync(string id, IndexExpectation? expected = null)
    {
        var e = await Assert.ThrowsAsync<ArchiveException>(() => _repository.ReadIndexAsync(id, expected: expected));
        Assert.True(e.Error is ArchiveError.Corrupt or ArchiveError.Unsupported, e.Message);
        return e.Message;
    }

    private void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.Combine(_repository.Root, to));
        foreach (var file in Directory.GetFiles(Path.Combine(_repository.Root, from)))
        {
            File.Copy(file, _repository.BackupFile(to, Path.GetFileName(file)));
        }
    }

    private async Task<byte[]> DecryptAsync(string path)
    {
        await using var file = File.OpenRead(path);
        await using var reader = await SealedReader.OpenAsync(file, path, [_repository.Key.Identity], OneAtATime, default);
        var content = new MemoryStream();
        while (await reader.PeekAsync(default) is { IsEmpty: false } piece)
        {
            content.Write(piece.Span);
            reader.Advance(piece.Length);
        }

        return content.ToArray();
    }

    private async Task<byte[]> EncryptAsync(byte[] content)
    {
        var file = new MemoryStream();
        await using var writer = await SealedWriter.CreateAsync(file, [_repository.Key.Identity.Recipient], OneAtATime, default);
        await writer.Frames.WriteAsync(content, default);
        await writer.CompleteAsync(default);
        return file.ToArray();
    }

    /// <summary>An index with any content, as an allowed signer could make it.</summary>
    private async Task<(byte[] File, SignedStatement Signed)> SignAsync(string id, byte[] content)
    {
        var file = await EncryptAsync(content);
        var before = await _repository.ReadStatementAsync(id);
        var statement = System.Text.Json.JsonSerializer.Deserialize(before.Statement.Span, PackJson.Default.IndexStatement)!;
        var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
            statement with { Size = file.Length, Sha256 = Samples.Sha256(file) }, PackJson.Default.IndexStatement);
        return (file, new SignedStatement(json, _repository.Signer.Sign(json)));
    }

    private async Task WriteSignedAsync(string id, byte[] content)
    {
        (var file, var signed) = await SignAsync(id, content);
        await File.WriteAllBytesAsync(_repository.BackupFile(id, "index.age"), file);
        await File.WriteAllBytesAsync(_repository.BackupFile(id, "index.json"), signed.Statement.ToArray());
        await File.WriteAllBytesAsync(_repository.BackupFile(id, "index.sig"), signed.Signature.ToArray());
    }
}
