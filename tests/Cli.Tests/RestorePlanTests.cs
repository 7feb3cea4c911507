using System.Text.Json.Nodes;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>What a restore says and asks before anything happens, and what lists say of backups.</summary>
public sealed class RestorePlanTests
{
    [Fact]
    public async Task A_dry_run_prints_the_plan_and_changes_nothing()
    {
        await using var site = await Site.CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        (await site.RunAsync("verify", "old/latest")).ShouldEndWith(0);

        var empty = (await site.RunAsync("restore", "old/latest", "--to", "new", "--dry-run")).ShouldEndWith(0);
        site.New.HoldsData = true;
        var refused = (await site.RunAsync("restore", "old/latest", "--to", "new", "--dry-run")).ShouldEndWith(8);
        var overwritten = (await site.RunAsync("restore", "old/latest", "--to", "new", "--overwrite", "--dry-run", "--json")).ShouldEndWith(0);
        var without = (await site.RunAsync("restore", "old/latest", "--to", "new", "--overwrite", "--no-safety-backup", "new", "--dry-run")).ShouldEndWith(0);

        Assert.Matches(@"(?m)^Source: +old/\d{8}T", empty.Out);
        Assert.Matches(@"(?m)^Taken: +\d{4}-.*Z, .* ago; .*, with objects$", empty.Out);
        Assert.Matches(@"(?m)^Last check: +passed at ", empty.Out);
        Assert.Matches(@"(?m)^Target: +new, which is empty$", empty.Out);
        Assert.Matches(@"(?m)^Restart: +\S", empty.Out);
        Assert.Matches(@"(?m)^Refused: +Installation new holds data", refused.Out);
        var plan = JsonNode.Parse(overwritten.Out)!;
        Assert.Equal((true, true, "HoldsData"), ((bool)plan["overwrites"]!, (bool)plan["safetyBackup"]!, (string?)plan["targetContent"]));
        Assert.Contains("replaced WITHOUT a safety backup", without.Out, StringComparison.Ordinal);
        Assert.Equal(0, site.New.Restores);
        Assert.DoesNotContain(await site.OperationsAsync(), operation => (string?)operation!["name"] == "Restore");
    }

    [Fact]
    public async Task On_a_terminal_a_restore_that_overwrites_asks_for_the_targets_name()
    {
        await using var site = await Site.CreateAsync();
        site.New.HoldsData = true;
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var other = (await site.RunOnTerminalAsync("old\n", "restore", "old/latest", "--to", "new", "--overwrite")).ShouldEndWith(5);
        Assert.Equal(0, site.New.Restores);
        Assert.Contains("Type its name to go on", other.Out, StringComparison.Ordinal);
        var named = (await site.RunOnTerminalAsync("new\n", "restore", "old/latest", "--to", "new", "--overwrite")).ShouldEndWith(0);
        var said = (await site.RunOnTerminalAsync("", "restore", "old/latest", "--to", "new", "--overwrite", "--yes")).ShouldEndWith(0);

        Assert.Contains("Type its name to go on", named.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Type its name", said.Out, StringComparison.Ordinal);
        Assert.Equal(2, site.New.Restores);
    }

    [Fact]
    public async Task A_restore_prints_its_plan_before_it_begins_and_keeps_it_with_the_operation()
    {
        await using var site = await Site.CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var restore = (await site.RunAsync("restore", "old/latest", "--to", "new", "--not-valid", "public.teams.teams_org_fkey")).ShouldEndWith(0);

        Assert.Matches(@"(?m)^Source: +old/\S+$", restore.Error);
        Assert.True(
            restore.Error.IndexOf("Target:", StringComparison.Ordinal) < restore.Error.IndexOf("claim installation/new", StringComparison.Ordinal), restore.Error);
        var operation = (await site.OperationsAsync()).Single(operation => (string?)operation!["name"] == "Restore")!;
        Assert.Equal("Empty", (string?)operation["status"]!["plan"]!["targetContent"]);
        Assert.Equal("public.teams.teams_org_fkey", (string?)operation["output"]!["notValid"]![0]);
        Assert.Equal("public.teams.teams_org_fkey", Assert.Single(site.New.NotValid));
    }

    [Fact]
    public async Task Lists_say_how_the_last_check_went_and_what_latest_passes_over()
    {
        await using var site = await Site.CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var newest = (string)(await site.ListAsync())[0]!["key"]!["id"]!;
        var blob = site.Folder.Combine("store", "old", newest, "backup.blob");
        var content = await File.ReadAllBytesAsync(blob);
        content[content.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(blob, content);
        (await site.RunAsync("verify", newest)).ShouldEndWith(1);

        var list = (await site.RunAsync("list")).ShouldEndWith(0);
        var show = (await site.RunAsync("show", newest)).ShouldEndWith(0);
        var records = await site.ListAsync();

        Assert.Matches($@"(?m)^old/{newest} .* FAILED .* ago +PASSED OVER$", list.Out);
        Assert.Matches("(?m)^old/.* latest$", list.Out);
        Assert.Matches("(?m)^Latest: +passed over: its last verification failed: Corrupt", show.Out);
        Assert.Matches("(?m)^Last check: +FAILED at ", show.Out);
        Assert.Equal((false, false, true), ((bool)records[0]!["isLatest"]!, (bool)records[0]!["lastCheck"]!["passed"]!, (bool)records[1]!["isLatest"]!));
    }

    [Fact]
    public async Task What_is_not_found_or_busy_has_an_exit_code_of_its_own()
    {
        await using var site = await Site.CreateAsync();

        (await site.RunAsync("show", "old/latest")).ShouldEndWith(7);
        (await site.RunAsync("restore", "old/latest", "--to", "new")).ShouldEndWith(7);
        (await site.RunAsync("operations", "nobody")).ShouldEndWith(7);
    }
}
