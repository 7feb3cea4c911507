using System.Diagnostics;
using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary><c>inspect</c> and <c>extract</c>, on files that are real backups.</summary>
public sealed class ArchiveCommandTests : IDisposable
{
    private const string Password = "befit-brakeman-footstep";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Inspect_proves_a_backup_whole_and_counts_what_is_in_it()
    {
        await WriteBackupAsync();

        var text = (await CliProcess.RunAsync(_folder, ["inspect", "backup.blob", "--password-file", "password"])).ShouldEndWith(0);
        var json = (await CliProcess.RunAsync(_folder, ["inspect", "backup.blob", "--password-file", "password", "--json"])).ShouldEndWith(0);

        Assert.Matches(@"(?m)^Installation: +old$", text.Out);
        Assert.Matches(@"(?m)^Taken: +2026-11-22 03:15:00Z$", text.Out);
        Assert.Matches(@"(?m)^public\.workspaces +2 +3 +20 B$", text.Out);
        var document = JsonNode.Parse(json.Out)!;
        Assert.Equal(3, (long)document["rows"]!);
        Assert.Equal(2, (long)document["objects"]!);
        Assert.Equal("workspaces", (string?)document["tables"]![0]!["table"]);
    }

    [Fact]
    public async Task A_quick_inspection_and_the_extraction_of_some_entries_read_those_only()
    {
        // Damage in the middle, which neither of them has any reason to read.
        var bytes = await WriteBackupAsync(size: 24 << 20);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(_folder.Combine("backup.blob"), bytes);

        var quick = (await CliProcess.RunAsync(_folder, ["inspect", "backup.blob", "--quick", "--password-file", "password"])).ShouldEndWith(0);
        var some = (await CliProcess.RunAsync(
            _folder, ["extract", "backup.blob", "database/public/workspaces", "objects/state/z000023", "--to", "some", "--password-file", "password"])).ShouldEndWith(0);
        var damaged = (await CliProcess.RunAsync(
            _folder, ["extract", "backup.blob", "objects/state", "--to", "damaged", "--password-file", "password", "--json"])).ShouldEndWith(1);

        Assert.Matches(@"(?m)^public\.workspaces +2 +3 +20 B$", quick.Out);
        Assert.Matches(@"(?m)^Objects: +26, ", quick.Out);
        Assert.Matches(@"(?m)^Verified: +only the end", quick.Out);
        Assert.Contains("each matches the manifest", some.Out, StringComparison.Ordinal);
        Assert.Equal(1 << 20, new FileInfo(_folder.Combine("some", "objects", "state", "z000023")).Length);
        Assert.Equal("Corrupt", ErrorOf(damaged));
    }

    [Fact]
    public async Task A_reader_that_has_seen_enough_is_no_failure()
    {
        await WriteBackupAsync();

        // Nobody is left at the other end of the pipe by the time there is something to print.
        var script = $"{{ dotnet '{CliProcess.ProgramPath}' inspect backup.blob --password-file password; echo $? >code; }} | true";
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = _folder.Root, RedirectStandardError = true })!;
        var error = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();

        Assert.Equal("0\n", File.ReadAllText(_folder.Combine("code")));
        Assert.DoesNotContain("tfe-backup:", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_told_from_a_damaged_file_and_both_fail()
    {
        var bytes = await WriteBackupAsync();
        File.WriteAllText(_folder.Combine("wrong"), "not this one\n");
        bytes[^40] ^= 1;
        File.WriteAllBytes(_folder.Combine("damaged.blob"), bytes);
        File.WriteAllBytes(_folder.Combine("truncated.blob"), bytes[..^100]);

        var wrong = (await CliProcess.RunAsync(_folder, ["inspect", "backup.blob", "--password-file", "wrong", "--json"])).ShouldEndWith(9);
        var damaged = (await CliProcess.RunAsync(_folder, ["inspect", "damaged.blob", "--password-file", "password", "--json"])).ShouldEndWith(1);
        var truncated = (await CliProcess.RunAsync(_folder, ["inspect", "truncated.blob", "--password-file", "password", "--json"])).ShouldEndWith(1);

        Assert.Equal("WrongPassword", ErrorOf(wrong));
        Assert.Equal("Corrupt", ErrorOf(damaged));
        Assert.Equal("Corrupt", ErrorOf(truncated));
        Assert.Empty(wrong.Out + damaged.Out + truncated.Out);
    }

    [Fact]
    public async Task The_password_comes_from_a_secret_that_is_named()
    {
        await WriteBackupAsync();
        File.WriteAllText(_folder.Combine("tfe-backup.json"), """
            {
              "Installations": { "old": { "Endpoint": "https://old.example", "TokenSecret": "T", "PasswordSecret": "OLD_PASSWORD" } },
              "Store": { "Kind": "Directory", "Path": "store" }
            }
            """);

        (await CliProcess.RunAsync(
            _folder, ["inspect", "backup.blob", "--password-secret", "OLD_PASSWORD"], new Dictionary<string, string?> { ["TFEBACKUP_SECRET_OLD_PASSWORD"] = Password }))
            .ShouldEndWith(0);
        var missing = (await CliProcess.RunAsync(_folder, ["inspect", "backup.blob", "--password-secret", "NO_SUCH_SECRET"])).ShouldEndWith(7);

        Assert.Contains("NO_SUCH_SECRET", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_a_password_is_not_asked_for()
    {
        await WriteBackupAsync();

        var result = (await CliProcess.RunAsync(_folder, ["inspect", "backup.blob"])).ShouldEndWith(2);

        Assert.Contains("--password-file", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Extract_writes_everything_for_its_owner_only()
    {
        await WriteBackupAsync();

        (await CliProcess.RunAsync(_folder, ["extract", "backup.blob", "--to", "out", "--password-file", "password"])).ShouldEndWith(0);

        Assert.Equal("state", File.ReadAllText(_folder.Combine("out", "objects", "state", "a name with spaces")));
        Assert.Empty(File.ReadAllBytes(_folder.Combine("out", "objects", "state", "empty")));
        Assert.Equal("{}", File.ReadAllText(_folder.Combine("out", "database", "schema.json")));
        var parts = Directory.GetFiles(_folder.Combine("out", "database", "public", "workspaces")).Order(StringComparer.Ordinal);
        Assert.Equal("1\tone\n2\ttwo\n3\tthree\n", string.Concat(parts.Select(File.ReadAllText)));
        foreach (var path in Directory.EnumerateFileSystemEntries(_folder.Combine("out"), "*", SearchOption.AllDirectories).Append(_folder.Combine("out")))
        {
            Assert.Equal(Directory.Exists(path) ? "700" : "600", Convert.ToString((int)File.GetUnixFileMode(path), 8));
        }
    }

    [Fact]
    public async Task Extract_takes_the_entries_that_are_named_and_names_those_that_are_not_there()
    {
        await WriteBackupAsync();

        (await CliProcess.RunAsync(_folder, ["extract", "backup.blob", "objects/state/empty", "database/public/", "--to", "some", "--password-file", "password"]))
            .ShouldEndWith(0);
        var missing = (await CliProcess.RunAsync(_folder, ["extract", "backup.blob", "objects/none", "--to", "none", "--password-file", "password"]))
            .ShouldEndWith(7);

        Assert.Equal(3, Directory.GetFiles(_folder.Combine("some"), "*", SearchOption.AllDirectories).Length);
        Assert.Contains("'objects/none'", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Extract_replaces_nothing_and_follows_no_link()
    {
        await WriteBackupAsync();
        Directory.CreateDirectory(_folder.Combine("out", "objects", "state"));
        File.WriteAllText(_folder.Combine("out", "objects", "state", "empty"), "precious");
        Directory.CreateDirectory(_folder.Combine("elsewhere"));
        Directory.CreateDirectory(_folder.Combine("linked"));
        Directory.CreateSymbolicLink(_folder.Combine("linked", "objects"), _folder.Combine("elsewhere"));

        var replaced = (await CliProcess.RunAsync(_folder, ["extract", "backup.blob", "objects", "--to", "out", "--password-file", "password", "--json"])).ShouldEndWith(1);
        var followed = (await CliProcess.RunAsync(_folder, ["extract", "backup.blob", "objects", "--to", "linked", "--password-file", "password", "--json"])).ShouldEndWith(1);

        Assert.Contains("AlreadyExists", replaced.Error, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(_folder.Combine("out", "objects", "state", "empty")));
        Assert.Contains("is a link", followed.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Combine("elsewhere")));
    }

    [Fact]
    public async Task Extract_leaves_no_partial_file_when_the_backup_is_damaged()
    {
        var bytes = await WriteBackupAsync(size: 24 << 20);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(_folder.Combine("damaged.blob"), bytes);

        var result = (await CliProcess.RunAsync(_folder, ["extract", "damaged.blob", "--to", "out", "--password-file", "password"])).ShouldEndWith(1);

        Assert.Contains("not fully verified", result.Error, StringComparison.Ordinal);
        Assert.All(
            Directory.GetFiles(_folder.Combine("out", "objects", "state"), "z*"),
            path => Assert.Equal(1 << 20, new FileInfo(path).Length));
        Assert.DoesNotContain("z000023", Directory.GetFiles(_folder.Combine("out", "objects", "state")).Select(Path.GetFileName));
    }

    private static string? ErrorOf(CliResult result) =>
        (string?)JsonNode.Parse(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!["error"];

    private async Task<byte[]> WriteBackupAsync(int size = 0)
    {
        var bytes = await TestArchive.CreateAsync(Password, size);
        File.WriteAllBytes(_folder.Combine("backup.blob"), bytes);
        File.WriteAllText(_folder.Combine("password"), Password + "\n");
        return bytes;
    }
}
