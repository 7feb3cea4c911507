using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>
/// The main commands on a terminal of 80 columns, on real installations from <c>init</c> to a restore. With <c>DOCUMENTATION_IMAGES=docs/images</c> (from
/// the repository's root, or a full path) what they show is drawn, too.
/// </summary>
public sealed class CaptureTests : IDisposable
{
    private static readonly string? Images = Environment.GetEnvironmentVariable("DOCUMENTATION_IMAGES");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task From_init_to_a_restore_every_screen_keeps_to_80_columns()
    {
        await using var production = await TestInstallation.CreateFilledAsync();
        await using var standby = await TestInstallation.CreateAsync();
        await using var productionService = await BackupService.StartAsync(production);
        await using var standbyService = await BackupService.StartAsync(standby, Application);

        var init = await TerminalProcess.RunAsync(
            _folder,
            ["init"],
            ("https://tfe.example.com)", $"{productionService.Process.Address}\n"),
            ("not shown", $"{productionService.Token}\r"),
            ("Where to:", "store\n"));
        AddStandby(standbyService);

        Draw("terminal-init", ("tfe-backup init", init));
        Draw("terminal-doctor", ("tfe-backup doctor", await ShowAsync("doctor")));
        Draw(
            "terminal-backup",
            ("tfe-backup backup production", await ShowAsync("backup", "production")),
            ("tfe-backup status", await ShowAsync("status", "production")));
        Draw("terminal-list", ("tfe-backup list", await ShowAsync("list")), ("tfe-backup show production/latest", await ShowAsync("show", "production/latest")));
        Draw("terminal-restore", ("tfe-backup restore production/latest --to standby", await ShowAsync("restore", "production/latest", "--to", "standby")));
        Assert.Equal(await production.PlainContentAsync(), await standby.PlainContentAsync());
    }

    // An application that stops and starts at once.
    private static (string Key, string Value)[] Application =>
    [
        ("Installation:Application:Kind", "Command"),
        ("Installation:Application:Stop:0", "true"),
        ("Installation:Application:Status:0", "sh"), ("Installation:Application:Status:1", "-c"), ("Installation:Application:Status:2", "exit 3"),
        ("Installation:Application:Start:0", "true"),
    ];

    private Task<string> ShowAsync(params string[] command) => TerminalProcess.RunAsync(_folder, [.. command, "--utc"]);

    /// <summary>The installation to restore into, as an operator adds it.</summary>
    private void AddStandby(BackupService service)
    {
        var document = JsonNode.Parse(File.ReadAllText(_folder.Combine("tfe-backup.json")))!;
        document["Installations"]!["standby"] = new JsonObject
        {
            ["Endpoint"] = service.Process.Address.ToString(),
            ["TokenSecret"] = "standby-token",
            ["PasswordSecret"] = "production-password",
            ["Restart"] = new JsonObject { ["Kind"] = "Service" },
        };
        File.WriteAllText(_folder.Combine("tfe-backup.json"), document.ToJsonString());
        var secrets = JsonNode.Parse(File.ReadAllText(_folder.Combine("secrets.json")))!;
        secrets["standby-token"] = service.Token;
        File.WriteAllText(_folder.Combine("secrets.json"), secrets.ToJsonString());
    }

    private void Draw(string name, params (string Command, string Shown)[] commands)
    {
        var picture = new TerminalPicture();
        foreach (var (command, shown) in commands)
        {
            Assert.DoesNotContain("internal error", shown, StringComparison.Ordinal);
            picture.Add(command, Anonymous(shown));
        }

        Assert.All(picture.Lines, line => Assert.True(line.Length <= 80, $"{name}: {line.Length} columns: {line}"));
        if (Images is not null)
        {
            File.WriteAllText(Path.Combine(RepositoryFolder.Combine(Images), $"{name}.svg"), picture.ToSvg(string.Join(", ", commands.Select(command => command.Command))));
        }
    }

    // This run's addresses and folders say nothing to a reader. What stands for them is no longer, so that lines are still as long as they were at most.
    private string Anonymous(string shown) =>
        Regex.Replace(shown.Replace(_folder.Root, "/srv/tfe-backup", StringComparison.Ordinal), @"http://127\.0\.0\.1:\d{4,5}", "https://tfe.example");
}
