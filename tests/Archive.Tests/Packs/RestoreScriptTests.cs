using System.Runtime.CompilerServices;
using TfeBackup.Archive.Age;
using TfeBackup.Archive.Packs;
using TfeBackup.Archive.Tests.Interop;
using Xunit;

namespace TfeBackup.Archive.Tests.Packs;

/// <summary>The shell script of FORMAT-2.md, as it stands there, run on repositories that this code wrote.</summary>
public sealed class RestoreScriptTests : IDisposable
{
    private readonly TestRepository _repository = new();

    public void Dispose() => _repository.Dispose();

    [ToolsFact("bash", "age", "zstd", "tar", "jq", "openssl")]
    public async Task The_script_gives_the_tree_of_each_backup()
    {
        var options = new PackOptions { TargetSize = 1 << 20, Parallelism = 1 };
        var first = TreeEntry.Random(1, 400, largest: 80_000);
        var packs = await _repository.WritePacksAsync(first, options);
        Assert.True(packs.Count > 1);
        await _repository.WriteIndexAsync("backup-1", packs.SelectMany(p => p.Entries), packs.Select(p => p.Pack));

        // The second backup takes most from the packs of the first, some paths anew, and leaves some out.
        var changed = first.Where((_, i) => i % 7 == 0).Select((e, i) => i % 2 == 0 ? e : null).OfType<TreeEntry>().ToList();
        var again = TreeEntry.Random(2, 60).Where(e => e.Path.StartsWith("objects/", StringComparison.Ordinal) || changed.All(c => c.Path != e.Path)).ToList();
        var newPacks = await _repository.WritePacksAsync(again, options);
        var gone = first.Where((_, i) => i % 11 == 5).Select(e => e.Path).ToHashSet();
        var anew = again.ToDictionary(e => e.Path);
        var kept = packs.SelectMany(p => p.Entries).Where(e => !anew.ContainsKey(e.Path) && !gone.Contains(e.Path));
        await _repository.WriteIndexAsync(
            "backup-2",
            [.. kept, .. newPacks.SelectMany(p => p.Entries), IndexEntry.ForVanished("gone"), IndexEntry.ForTable("public", "a", "layout", 128)],
            packs.Concat(newPacks).Select(p => p.Pack));

        await CheckAsync("backup-1", first);
        await CheckAsync("backup-2", [.. first.Where(e => !anew.ContainsKey(e.Path) && !gone.Contains(e.Path)), .. again]);
        await _repository.VerifyAsync("backup-1");
        await _repository.VerifyAsync("backup-2");
    }

    [ToolsFact("bash", "age", "zstd", "tar", "jq", "openssl", "script")]
    public async Task A_password_or_a_recovery_identity_opens_the_key_that_the_script_needs()
    {
        var tree = TreeEntry.Random(3, 20);
        var packs = await _repository.WritePacksAsync(tree);
        await _repository.WriteIndexAsync("backup", packs.SelectMany(p => p.Entries), packs.Select(p => p.Pack));
        using var recovery = AgeIdentity.Create();
        await File.WriteAllBytesAsync(_repository.Combine("password.age"), await _repository.Key.WrapAsync(Samples.Password, TestRepository.Cheap, default));
        await File.WriteAllBytesAsync(_repository.Combine("recovery.age"), await _repository.Key.WrapAsync(recovery.Recipient, default));
        await File.WriteAllTextAsync(_repository.Combine("recovery.txt"), recovery.Reveal());

        await Tool.RunAgeAsync(Samples.Password, $"-d -o {_repository.Combine("by-password")} {_repository.Combine("password.age")}");
        await CheckAsync("backup", tree, _repository.Combine("by-password"));
        await Tool.RunAsync(
            "age", ["-d", "-i", _repository.Combine("recovery.txt"), "-o", _repository.Combine("by-recovery"), _repository.Combine("recovery.age")]);
        await CheckAsync("backup", tree, _repository.Combine("by-recovery"));
    }

    [ToolsFact("bash", "age", "zstd", "tar", "jq", "openssl")]
    public async Task The_script_refuses_what_this_code_refuses()
    {
        var packs = await _repository.WritePacksAsync(TreeEntry.Random(4, 20));
        await _repository.WriteIndexAsync("backup", packs.SelectMany(p => p.Entries), packs.Select(p => p.Pack));
        using var forger = SigningKey.Create();
        await _repository.WriteIndexAsync("forged", packs.SelectMany(p => p.Entries), packs.Select(p => p.Pack), signer: forger);
        await _repository.WriteIndexAsync("later", packs.SelectMany(p => p.Entries), packs.Select(p => p.Pack));
        Directory.Move(Path.Combine(_repository.Root, "later"), Path.Combine(_repository.Root, "moved"));

        Assert.Contains("not signed", await FailAsync("forged"));
        Assert.Contains("of another index", await FailAsync("moved"));
        File.Copy(_repository.BackupFile("forged", "index.age"), _repository.BackupFile("moved", "index.age"), overwrite: true);
        Assert.Contains("of another index", await FailAsync("moved"));
        await using (var pack = File.OpenWrite(_repository.PackFile(packs[0].Pack.Pack)))
        {
            pack.Position = pack.Length - 1;
            pack.WriteByte(1);
        }

        Assert.Contains("is damaged", await FailAsync("backup"));
    }

    private static string Script([CallerFilePath] string here = "")
    {
        var format = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../src/Archive/FORMAT-2.md"));
        var start = format.IndexOf("```bash\n#!/bin/bash\n", StringComparison.Ordinal) + "```bash\n".Length;
        return format[start..format.IndexOf("```\n", start, StringComparison.Ordinal)];
    }

    private async Task<string[]> ArgumentsAsync(string id, string target, string? identity)
    {
        var script = _repository.Combine("restore.sh");
        await File.WriteAllTextAsync(script, Script());
        if (identity is null)
        {
            // As age -d gives it.
            identity = _repository.Combine("identity");
            using var recovery = AgeIdentity.Create();
            var source = new MemoryStream(await _repository.Key.WrapAsync(recovery.Recipient, default));
            var header = await AgeHeader.ReadAsync(source, default);
            await using var plain = await AgeFile.CreateDecryptingStreamAsync(header, source, AgeIdentity.Unwrap(header, [recovery]), default);
            await using var file = File.Create(identity);
            await plain.CopyToAsync(file);
        }

        return [script, _repository.Root, id, identity, Directory.CreateDirectory(target).FullName];
    }

    private async Task<string> FailAsync(string id)
    {
        var arguments = await ArgumentsAsync(id, _repository.Combine($"tree-{Guid.NewGuid():N}"), null);
        return (await Assert.ThrowsAsync<InvalidOperationException>(() => Tool.RunAsync("bash", arguments))).Message;
    }

    private async Task CheckAsync(string id, IReadOnlyList<TreeEntry> tree, string? identity = null)
    {
        var target = _repository.Combine($"tree-{Guid.NewGuid():N}");
        await Tool.RunAsync("bash", await ArgumentsAsync(id, target, identity));
        Assert.Equal(
            tree.Select(e => e.Path).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(target, f)).Order(StringComparer.Ordinal));
        foreach (var entry in tree)
        {
            var content = await File.ReadAllBytesAsync(Path.Combine(target, entry.Path));
            Assert.True(entry.Content.AsSpan().SequenceEqual(content), entry.Path);
        }
    }
}
