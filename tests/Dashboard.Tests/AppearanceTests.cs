using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using TfeBackup.Dashboard.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Dashboard.Tests;

/// <summary>
/// Every page, light, dark and as wide as a phone: without a violation that axe can find, and without a need to scroll sideways. With
/// <c>DOCUMENTATION_IMAGES=docs/images</c> (from the repository's root, or a full path) the pages are photographed, too.
/// </summary>
public sealed class AppearanceTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("DOCUMENTATION_IMAGES");

    private static readonly (string Name, bool Dark, int Width)[] Looks = [("light", false, 1100), ("dark", true, 1100), ("400", false, 400)];

    [BrowserFact]
    public async Task Every_page_is_accessible_in_light_and_dark_and_on_a_phone()
    {
        using var application = new ScriptedApplication();
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateFilledAsync(), [("Installation:Name", "production"), .. application.Settings]);

        foreach (var (name, dark, width) in Looks)
        {
            await using var stranger = await browser.OpenAsync(dark, width);
            await stranger.Page.GotoAsync(site.SetupLink);
            await CheckAsync(stranger, "set-up", name);
        }

        await using (var window = await site.OpenAsync(browser))
        {
            await window.Button("Stop").ClickAsync();
            await window.Page.GetByLabel("Output of the stop").WaitForAsync();
            await window.Button("Start").ClickAsync();
            await window.Page.GetByLabel("Output of the start").WaitForAsync();
        }

        await WriteHistoryAsync(site);
        foreach (var (name, dark, width) in Looks)
        {
            await using var stranger = await browser.OpenAsync(dark, width);
            await stranger.Page.GotoAsync(site.Address);
            await CheckAsync(stranger, "sign-in", name);
            await using var window = await site.OpenAsync(browser, "/backups", dark, width);
            await CheckAsync(window, "backups", name);
            await window.Page.GotoAsync(site.Address);
            await CheckAsync(window, "settings", name);
            await window.Button("Show").ClickAsync();
            await window.Page.GetByRole(AriaRole.Link, new() { Name = "Hide" }).WaitForAsync();
            await CheckAsync(window, null, name);
        }

        await site.Installation.Vault.DisposeAsync();
        foreach (var (name, dark, width) in Looks)
        {
            await using var window = await site.OpenAsync(browser, "", dark, width);
            await CheckAsync(window, "trouble", name);
        }
    }

    /// <summary>Three weeks of backups, with what goes wrong in three weeks.</summary>
    private static async Task WriteHistoryAsync(DashboardSite site)
    {
        var lines = new List<string>();
        for (var index = 0; index < 42; index++)
        {
            var started = new DateTimeOffset(2026, 11, 6, 2, 0, 0, TimeSpan.Zero) + (TimeSpan.FromHours(12) * index);
            var size = (long)((41e9 + (index * 0.3e9)) * (index == 20 ? 0.4 : 1));
            var kind = index == 33 ? "restore" : "backup";
            var seconds = size / (kind == "restore" ? 71e6 : 118e6) * (1 + (index % 5 * 0.04));
            var result = index == 20 ? """ "result":"Failed","detail":"PostgreSQL does not answer: the connection was closed." """ : """ "result":"Succeeded" """;
            lines.Add($$"""{"id":"{{index}}","name":"{{kind}}","by":"{{(index % 14 == 5 ? "dashboard" : "API")}}","node":"tfe-1","started":"{{started:O}}","ended":"{{started.AddSeconds(seconds):O}}","bytes":{{size}},{{result}}}""");
        }

        await File.WriteAllLinesAsync($"{site.Installation.TokenFile}.history", lines);
    }

    private static async Task CheckAsync(Window window, string? page, string look)
    {
        var result = await window.Page.RunAxe();
        Assert.True(result.Violations.Length == 0, $"{page} ({look}): {string.Join("; ", result.Violations.Select(violation =>
            $"{violation.Id}: {violation.Help} – {string.Join(", ", violation.Nodes.Select(node => node.Html))}"))}");
        Assert.True(await window.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{page} ({look}) scrolls sideways.");
        Assert.Empty(window.Complaints);
        if (Folder is not null && page is not null)
        {
            // The names of this run's folder, Vault and machine say nothing to a reader.
            await window.Page.EvaluateAsync(
                """
                machine => {
                  document.activeElement?.blur();
                  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                  while (texts.nextNode()) {
                    const text = texts.currentNode.data.replace(/\/tmp\/tfe-backup-\w+/g, '/var/lib/tfe').replace(/http:\/\/127.0.0.1:\d+/g, 'https://vault.example.com');
                    texts.currentNode.data = text.replace(`on ${machine}`, 'on tfe-1').replace(/\(127\.0\.0\.1:\d+\)/g, '(vault.example.com:443)');
                  }
                }
                """,
                Environment.MachineName);
            await window.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(RepositoryFolder.Combine(Folder), $"dashboard-{page}-{look}.png"), FullPage = true });
        }
    }
}
