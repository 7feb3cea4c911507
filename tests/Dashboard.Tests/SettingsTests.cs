using Microsoft.Playwright;
using TfeBackup.Dashboard.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using static Microsoft.Playwright.Assertions;

namespace TfeBackup.Dashboard.Tests;

public sealed class SettingsTests(Browser browser) : IClassFixture<Browser>
{
    [BrowserFact]
    public async Task The_page_says_what_backups_hold_and_how_every_part_is()
    {
        await using var site = await DashboardSite.StartAsync(
            await TestInstallation.CreateFilledAsync(), ("Installation:Exclude:0", "public.audit"), ("Installation:Vault:Columns:public.variables.comment", "tfe_comments"));
        await using var window = await site.OpenAsync(browser);
        var text = await window.Page.Locator("main").InnerTextAsync();

        Assert.Contains("all parts answer", text, StringComparison.Ordinal);
        Assert.Contains("The Vault token", text, StringComparison.Ordinal);
        Assert.Contains(site.Installation.Database.Name, text, StringComparison.Ordinal);
        Assert.Contains("Mounted Disk", text, StringComparison.Ordinal);
        Assert.Contains("1.2.3", text, StringComparison.Ordinal);
        Assert.Contains("1.20.0", text, StringComparison.Ordinal);
        Assert.Contains("all rows and objects that are there", text, StringComparison.Ordinal);
        Assert.Contains("public.audit_2025", text, StringComparison.Ordinal);
        Assert.Contains("public.variables.comment (key tfe_comments)", text, StringComparison.Ordinal);
        Assert.Contains("public.variables.value_encrypted (key tfe_variables_value)", text, StringComparison.Ordinal);
        Assert.Contains("objects (key tfe_archivist)", text, StringComparison.Ordinal);
        Assert.Empty(window.Complaints);
    }

    [BrowserFact]
    public async Task A_part_that_fails_is_named_with_the_reason()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using var window = await site.OpenAsync(browser);
        await site.Installation.Database.ExecuteAsync("SELECT lo_create(0)");
        await site.Installation.Vault.DisposeAsync();

        // What was found a moment ago is shown again.
        await WaitFor.ConditionAsync(
            async () =>
            {
                await window.Page.ReloadAsync();
                return await window.Heading("Health failed: Vault").IsVisibleAsync();
            },
            "the page to name Vault",
            TimeSpan.FromSeconds(30));
        await Expect(window.Page.Locator("dd", new() { HasText = "failed" })).ToContainTextAsync("Vault at");
        await Expect(window.Page.GetByText("A backup would be refused.")).ToContainTextAsync("1 large objects");
    }

    [BrowserFact]
    public async Task The_application_is_stopped_and_started_and_says_what_its_commands_said()
    {
        using var application = new ScriptedApplication();
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync(), application.Settings);
        await using var window = await site.OpenAsync(browser);
        await Expect(window.Heading("Application running")).ToBeVisibleAsync();

        await window.Button("Stop").ClickAsync();
        await Expect(window.Heading("Application stopped")).ToBeVisibleAsync();
        await Expect(window.Page.GetByLabel("Output of the stop")).ToHaveTextAsync("Stopped 3 containers.");
        Assert.False(application.IsRunning);

        await window.Button("Start").ClickAsync();
        await Expect(window.Heading("Application running")).ToBeVisibleAsync();
        await Expect(window.Page.GetByLabel("Output of the start")).ToHaveTextAsync("Started 3 containers.");
        Assert.True(application.IsRunning);

        application.Break();
        await window.Button("Stop").ClickAsync();
        await Expect(window.Page.GetByLabel("Output of the stop").First).ToContainTextAsync("the disk is full");
        Assert.True(application.IsRunning);
        Assert.Empty(window.Complaints);
    }

    [BrowserFact]
    public async Task A_stop_under_a_backup_is_refused_unless_it_is_insisted_on()
    {
        using var application = new ScriptedApplication();
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync(), application.Settings);
        await site.Installation.PutLargeObjectAsync("large", 32 << 20);
        await using var window = await site.OpenAsync(browser);
        using var begun = await site.Service.BackupAsync(BackupService.Document(BackupService.Password));

        await window.Button("Stop").ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("A backup has been in progress");
        Assert.True(application.IsRunning);

        await window.Page.Locator("form", new() { Has = window.Button("Stop") }).GetByRole(AriaRole.Checkbox).CheckAsync();
        await window.Button("Stop").ClickAsync();
        await Expect(window.Heading("Application stopped")).ToBeVisibleAsync();
    }
}
