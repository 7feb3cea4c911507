using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>Set-ups are broken on purpose, one way each, and doctor must say which, and what to do.</summary>
public sealed class DoctorTests
{
    public static TheoryData<string> Names => [.. BrokenSetups.All.Select(setup => setup.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_broken_set_up_is_named_with_its_remedy(string name)
    {
        var setup = BrokenSetups.All.Single(setup => setup.Name == name);
        await using var site = await CreateAsync();
        await using var further = await setup.Break(site);

        var result = (await site.RunAsync("doctor", "--json")).ShouldEndWith(setup.Level == "Failed" ? 1 : 0);

        var findings = JsonNode.Parse(result.Out)!["findings"]!.AsArray();
        var finding = findings.FirstOrDefault(finding =>
            (string?)finding!["subject"] == setup.Subject && (string?)finding["level"] == setup.Level
            && ((string)finding["detail"]!).Contains(setup.Detail, StringComparison.Ordinal));
        Assert.True(finding is not null, result.Out);
        Assert.Contains(setup.Remedy, (string?)finding["remedy"], StringComparison.Ordinal);
        Assert.NotEqual("", (string?)finding["remedy"]);

        // And nothing else is blamed.
        Assert.DoesNotContain(findings, other => (string?)other!["level"] == "Failed" && (string?)other["subject"] != setup.Subject);
        Assert.DoesNotContain("PASSWORD-planted", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_set_up_that_works_is_all_well()
    {
        await using var site = await CreateAsync();
        var scheduler = await site.StartAsync("run");
        await WaitFor.ConditionAsync(() => scheduler.Error.Contains("Running.", StringComparison.Ordinal), "the scheduler", TimeSpan.FromSeconds(60));

        var result = (await site.RunAsync("doctor")).ShouldEndWith(0);
        scheduler.Signal("SIGTERM");
        _ = await scheduler.EndAsync();

        Assert.EndsWith("\nAll is well.\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("ok       old: token: the service accepts the token in the secret old-token\n", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_is_looked_at_in_one_go_and_said_to_people()
    {
        await using var site = await CreateAsync();
        Directory.Delete(site.Folder.Combine("store"));
        site.Configuration["Installations"]!["old"]!["Endpoint"] = $"http://127.0.0.1:{FreePort.Next()}";
        site.Configuration["Installations"]!["new"]!["PasswordSecret"] = "missing";
        site.Save();

        var result = (await site.RunAsync("doctor")).ShouldEndWith(1);

        Assert.Matches(@"(?m)^FAILED   store: .*\n         -> Mount the disk", result.Out);
        Assert.Matches(@"(?m)^FAILED   old: endpoint: ", result.Out);
        Assert.Matches(@"(?m)^FAILED   secrets: ", result.Out);
        Assert.EndsWith("\n3 failed, 1 warning.\n", result.Out, StringComparison.Ordinal);
    }

    private static async Task<Site> CreateAsync()
    {
        var site = await Site.CreateAsync();
        var old = site.Configuration["Installations"]!["old"]!;
        old["Schedule"] = "0 0 */6 * * *";
        old["Rpo"] = "12:00:00";
        old["Drill"] = new JsonObject { ["Into"] = "new" };
        site.Save();
        return site;
    }
}
