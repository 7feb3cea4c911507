using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>What is shown on a terminal of 80 columns, and what elsewhere.</summary>
public sealed class OutputTests
{
    [Fact]
    public async Task Tables_keep_to_the_terminal_and_are_whole_elsewhere()
    {
        await using var site = await CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var key = (string?)(await site.ListAsync())[0]!["key"]!["id"];

        foreach (var command in (string[][])[["list"], ["show", "latest"], ["operations"], ["status"], ["doctor"], ["ls", "latest"], ["prune", "old", "--dry-run"]])
        {
            var shown = await TerminalProcess.RunAsync(site.Folder, command);
            Assert.All(Lines(shown), line => Assert.True(line.Length <= 80, $"{command[0]}: {line.Length} columns: {line}"));
        }

        // Names are whole, so that they can be copied.
        Assert.Contains($"old/{key} ", await TerminalProcess.RunAsync(site.Folder, ["list"]), StringComparison.Ordinal);
        Assert.Single(Lines((await site.RunAsync("list")).ShouldEndWith(0).Out), line => line.StartsWith($"old/{key} ", StringComparison.Ordinal) && line.EndsWith("every entry              latest", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Colour_is_for_terminals_whose_users_want_it()
    {
        await using var site = await CreateAsync();

        var coloured = await TerminalProcess.RunAsync(site.Folder, ["status"]);
        var plain = await TerminalProcess.RunAsync(site.Folder, ["status"], new Dictionary<string, string?> { ["NO_COLOR"] = "1" });
        var dumb = await TerminalProcess.RunAsync(site.Folder, ["status"], new Dictionary<string, string?> { ["TERM"] = "dumb" });

        Assert.Contains("\u001b[31mCRITICAL\u001b[0m - old: ", coloured, StringComparison.Ordinal);
        Assert.Contains("CRITICAL - old: ", plain, StringComparison.Ordinal);
        Assert.Contains("CRITICAL - old: ", dumb, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', (await site.RunAsync("status")).Out);
    }

    [Fact]
    public async Task Times_are_local_and_in_UTC_on_request()
    {
        await using var site = await CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var taken = (DateTimeOffset)(await site.ListAsync())[0]!["started"]!;
        var variables = new Dictionary<string, string?> { ["TZ"] = "Asia/Kolkata" };

        var local = (await CliProcess.RunAsync(site.Folder, ["show", "latest"], variables)).ShouldEndWith(0);
        var utc = (await CliProcess.RunAsync(site.Folder, ["show", "latest", "--utc"], variables)).ShouldEndWith(0);

        Assert.Contains($"{taken.ToOffset(TimeSpan.FromHours(5.5)):yyyy-MM-dd HH:mm:ss}+05:30", local.Out, StringComparison.Ordinal);
        Assert.Contains($"{taken:yyyy-MM-dd HH:mm:ss}Z", utc.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_is_one_line_with_rate_estimate_and_time_left_on_a_terminal()
    {
        await using var site = await CreateAsync();
        site.Old.Size = 24 << 20;
        site.Old.IsSlow = true;
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var shown = await TerminalProcess.RunAsync(site.Folder, ["backup", "old"]);

        Assert.Matches(@"\r\u001b\[Kstream  \S+ MiB of about 24\.\d MiB  \S+ MiB/s  \d:\d\d  about 0:\d\d left", shown);
        Assert.Contains(Lines(shown), line => Regex.IsMatch(line, @"^Backup old/\S+ was taken"));
    }

    [Fact]
    public async Task Elsewhere_no_line_is_said_twice_and_quiet_says_none()
    {
        await using var site = await CreateAsync();
        site.Old.Size = 24 << 20;
        site.Old.IsSlow = true;

        var plain = (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var quiet = (await site.RunAsync("backup", "old", "--quiet")).ShouldEndWith(0);
        var verbose = (await site.RunAsync("backup", "old", "--verbose")).ShouldEndWith(0);
        var failed = (await site.RunAsync("show", "old/20200101T000000Z-000000", "--quiet")).ShouldEndWith(1, anyFailure: true);

        var lines = plain.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Distinct(), lines);
        Assert.Empty(quiet.Error);
        Assert.StartsWith("Backup old/", quiet.Out, StringComparison.Ordinal);
        Assert.Contains("  info     ", verbose.Error, StringComparison.Ordinal);
        Assert.NotEmpty(failed.Error);
    }

    private static async Task<Site> CreateAsync()
    {
        var site = await Site.CreateAsync();
        var old = site.Configuration["Installations"]!["old"]!;
        old["Schedule"] = "0 0 */6 * * *";
        old["Rpo"] = "12:00:00";
        old["Retention"] = new JsonObject { ["KeepLast"] = 3 };
        site.Save();
        return site;
    }

    // What stands on the screen in the end, without colours and without what was drawn over.
    private static string[] Lines(string shown) =>
        [.. shown.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Regex.Replace(line[(line.LastIndexOf('\r') + 1)..], "\u001b(?:\\[[?0-9]*[A-Za-z]|=)", ""))
            .Where(line => line.Length > 0)];
}
