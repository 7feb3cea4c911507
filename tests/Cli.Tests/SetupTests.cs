using System.Diagnostics;
using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>From nothing to a set-up, its passwords, and what helps at the command line.</summary>
public sealed class SetupTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Init_writes_a_set_up_that_takes_backups_and_is_readable_by_its_owner_alone()
    {
        await using var site = await Site.CreateAsync();
        var token = WriteToken();

        var init = (await RunAsync("init", "--name", "old", "--endpoint", site.Old.Endpoint, "--token-file", token, "--store", "new/store")).ShouldEndWith(0);
        (await RunAsync("doctor")).ShouldEndWith(0);
        (await RunAsync("backup", "old")).ShouldEndWith(0);
        var status = (await RunAsync("status", "--json")).ShouldEndWith(0);

        Assert.Contains($"Wrote {_folder.Combine("tfe-backup.json")}\n", init.Out, StringComparison.Ordinal);
        Assert.Contains("Next: 'tfe-backup doctor'", init.Error, StringComparison.Ordinal);
        Assert.Equal(Private, File.GetUnixFileMode(_folder.Combine("tfe-backup.json")));
        Assert.Equal(Private, File.GetUnixFileMode(_folder.Combine("secrets.json")));
        Assert.Equal(Private | UnixFileMode.UserExecute, new DirectoryInfo(_folder.Combine("new")).UnixFileMode);
        Assert.Equal(Private | UnixFileMode.UserExecute, new DirectoryInfo(_folder.Combine("new", "store")).UnixFileMode);
        Assert.Equal(12 * 3600, (int)JsonNode.Parse(status.Out)!["installations"]![0]!["rpoSeconds"]!);

        // The passphrase is in the secrets, and nowhere it was printed.
        var password = (string)JsonNode.Parse(await File.ReadAllTextAsync(_folder.Combine("secrets.json")))!["old-password"]!["versions"]!.AsObject().Single().Value!;
        Assert.Matches("^([a-z]{5}-){7}[a-z]{5}$", password);
        Assert.DoesNotContain(password, init.Out + init.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_replaces_nothing_and_writes_nothing_that_is_wrong()
    {
        var token = WriteToken();
        string[] right = ["init", "--endpoint", "https://tfe.example.com", "--token-file", token, "--store", "store"];

        var wrong = (await RunAsync([.. right, "--schedule", "every night", "--name", "old"])).ShouldEndWith(2);
        Assert.False(File.Exists(_folder.Combine("tfe-backup.json")) || File.Exists(_folder.Combine("secrets.json")) || Directory.Exists(_folder.Combine("store")));
        (await RunAsync(right)).ShouldEndWith(0);
        var before = await File.ReadAllTextAsync(_folder.Combine("secrets.json"));
        var again = (await RunAsync(right)).ShouldEndWith(1, anyFailure: true);
        var asked = (await RunAsync("init", "--config", "other/tfe-backup.json", "--store", "store")).ShouldEndWith(2);

        Assert.Contains("Installations:old:Schedule: found 'every night'", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("already exists and is not replaced", again.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(_folder.Combine("secrets.json")));
        Assert.Contains("use --endpoint and --token-file, too", asked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_asks_on_a_terminal_and_does_not_show_the_token()
    {
        var shown = await TerminalProcess.RunAsync(
            _folder,
            ["init", "--name", "old"],
            ("https://tfe.example.com)", "https://tfe.example.com\n"),
            ("not shown", "tok-en-that-is-secret\r"),
            ("Where to:", "store\n"));

        Assert.Contains("Wrote ", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("tok-en-that-is-secret", shown, StringComparison.Ordinal);
        Assert.Equal("tok-en-that-is-secret", (string?)JsonNode.Parse(await File.ReadAllTextAsync(_folder.Combine("secrets.json")))!["old-token"]);
    }

    [Fact]
    public async Task A_rotated_password_makes_new_backups_and_the_old_one_still_opens_old_ones()
    {
        await using var site = await Site.CreateAsync();
        SetPassword(site, new JsonObject { ["current"] = "first", ["versions"] = new JsonObject { ["first"] = Site.OldPassword } });
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var rotate = (await site.RunAsync("password", "rotate", "old", "--json")).ShouldEndWith(0);
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        foreach (var record in await site.ListAsync())
        {
            (await site.RunAsync("verify", $"old/{record!["key"]!["id"]}")).ShouldEndWith(0);
        }

        var version = (string?)JsonNode.Parse(rotate.Out)!["version"];
        Assert.Equal([version, "first"], (await site.ListAsync()).Select(record => (string?)record!["password"]!["version"]));
        Assert.Equal(Private, File.GetUnixFileMode(site.Folder.Combine("secrets.json")));
        Assert.Equal(2, Secrets(site)["old-password"]!["versions"]!.AsObject().Select(entry => (string?)entry.Value).Distinct().Count());

        // Twice a day, too.
        (await site.RunAsync("password", "rotate", "old")).ShouldEndWith(0);
        Assert.Equal(version + ".2", (string?)Secrets(site)["old-password"]!["current"]);
    }

    [Fact]
    public async Task A_password_without_versions_is_not_rotated_once_backups_were_made_with_it()
    {
        await using var site = await Site.CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var before = await File.ReadAllTextAsync(site.Folder.Combine("secrets.json"));

        var refused = (await site.RunAsync("password", "rotate", "old")).ShouldEndWith(1, anyFailure: true);
        var other = (await site.RunAsync("password", "rotate", "new")).ShouldEndWith(0);

        Assert.Contains("'tfe-backup password new --save NAME' adds it", refused.Error, StringComparison.Ordinal);
        Assert.Equal(Site.OldPassword, (string?)Secrets(site)["old-password"]);
        Assert.Equal(Site.NewPassword, (string?)Secrets(site)["new-password"]!["versions"]!["1"]);
        Assert.NotEqual(before, await File.ReadAllTextAsync(site.Folder.Combine("secrets.json")));
        Assert.Contains("new version", other.Out, StringComparison.Ordinal);
        (await site.RunAsync("verify", "old/latest")).ShouldEndWith(0);
    }

    [Fact]
    public async Task Where_secrets_cannot_be_rotated_it_is_said_why()
    {
        await using var site = await Site.CreateAsync();
        site.Configuration["Secrets"] = new JsonObject { ["Kind"] = "Environment" };
        site.Save();

        var refused = (await site.RunAsync("password", "rotate", "old")).ShouldEndWith(1, anyFailure: true);

        Assert.Contains("Environment variables know no versions", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_password_is_strong_says_so_and_can_be_saved()
    {
        await using var site = await Site.CreateAsync();

        var first = (await site.RunAsync("password", "new")).ShouldEndWith(0);
        var second = JsonNode.Parse((await site.RunAsync("password", "new", "--words", "10", "--json")).ShouldEndWith(0).Out)!;
        (await site.RunAsync("password", "new", "--save", "further")).ShouldEndWith(0);
        (await site.RunAsync("password", "new", "--words", "2")).ShouldEndWith(2);

        Assert.Matches("^([bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]-?){8}\n$", first.Out);
        Assert.Contains("128 bits", first.Error, StringComparison.Ordinal);
        Assert.Equal(160, (int)second["bits"]!);
        Assert.NotNull(Secrets(site)["further"]!["current"]);
    }

    [Fact]
    public async Task Version_says_version_and_runtime()
    {
        var text = (await RunAsync("version")).ShouldEndWith(0);
        var json = JsonNode.Parse((await RunAsync("version", "--json")).ShouldEndWith(0).Out)!;

        Assert.Matches(@"^tfe-backup \d+\.\d+\.\d+.*, \.NET 10\.\S+, linux-\S+\n$", text.Out);
        Assert.Matches(@"^\d+\.\d+\.\d+$", (string)json["version"]!);
    }

    [Theory]
    [InlineData("restor", "Did you mean 'restore'?")]
    [InlineData("operation", "Did you mean 'operations'?")]
    [InlineData("backup old --acept-smaller", "Did you mean '--accept-smaller'?")]
    [InlineData("list --jsn", "Did you mean '--json'?")]
    [InlineData("password nw", "Did you mean 'new'?")]
    public async Task A_misspelt_word_is_answered_with_the_one_that_was_meant(string line, string answer)
    {
        var result = (await RunAsync(line.Split(' '))).ShouldEndWith(2);

        Assert.Contains(answer, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_completes_commands_options_and_installations()
    {
        await using var site = await Site.CreateAsync();

        Assert.Equal(["restart", "restore"], await CompleteAsync(site, "tfe-backup rest"));
        Assert.Superset(new HashSet<string> { "new", "old", "--accept-smaller" }, (await CompleteAsync(site, "tfe-backup backup ")).ToHashSet());
        Assert.Contains("--accept-smaller", await CompleteAsync(site, "tfe-backup backup old --acc"));
    }

    [Theory]
    [InlineData("zsh", "compdef _tfe_backup tfe-backup")]
    [InlineData("fish", "complete -c tfe-backup")]
    [InlineData("pwsh", "Register-ArgumentCompleter -Native -CommandName tfe-backup")]
    public async Task Other_shells_get_their_scripts(string shell, string line)
    {
        Assert.Contains(line, (await RunAsync("completion", shell)).ShouldEndWith(0).Out, StringComparison.Ordinal);
        (await RunAsync("completion", "tcsh")).ShouldEndWith(2);
    }

    private static JsonNode Secrets(Site site) => JsonNode.Parse(File.ReadAllText(site.Folder.Combine("secrets.json")))!;

    private static void SetPassword(Site site, JsonNode password)
    {
        var secrets = Secrets(site);
        secrets["old-password"] = password;
        File.WriteAllText(site.Folder.Combine("secrets.json"), secrets.ToJsonString());
    }

    // A real bash, with the script that users source.
    private static async Task<string[]> CompleteAsync(Site site, string line)
    {
        var script = $$"""
            tfe-backup() { dotnet "$PROGRAM" "$@"; }
            source <(tfe-backup completion bash)
            COMP_LINE="{{line}}"; COMP_POINT=${#COMP_LINE}
            read -ra COMP_WORDS <<< "$COMP_LINE"; [[ "$COMP_LINE" == *' ' ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _tfe_backup
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = site.Folder.Root,
            RedirectStandardOutput = true,
            Environment = { ["PROGRAM"] = CliProcess.ProgramPath },
        })!;
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private string WriteToken()
    {
        var path = _folder.Combine("token");
        File.WriteAllText(path, Site.OldToken + "\n");
        return path;
    }

    private Task<CliResult> RunAsync(params string[] arguments) => CliProcess.RunAsync(_folder, arguments);
}
