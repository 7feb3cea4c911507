using System.Security.Cryptography;
using Microsoft.Playwright;
using TfeBackup.Archive;
using TfeBackup.Dashboard.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using static Microsoft.Playwright.Assertions;

namespace TfeBackup.Dashboard.Tests;

public sealed class BackupTests(Browser browser) : IClassFixture<Browser>
{
    private const string Password = "befit-brakeman-footstep-unclasp";

    [BrowserFact]
    public async Task A_backup_is_downloaded_and_can_be_opened()
    {
        using var folder = new TempFolder();
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateFilledAsync());
        await using var window = await site.OpenAsync(browser, "/backups");

        await FillBackupAsync(window, Password, "another");
        await window.Button("Back up now").ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The two passwords differ.");

        await FillBackupAsync(window, Password, Password);
        var download = await window.Page.RunAndWaitForDownloadAsync(() => window.Button("Back up now").ClickAsync());
        await download.SaveAsAsync(folder.Combine("backup"));
        Assert.Null(await download.FailureAsync());
        Assert.Matches($@"^{site.Installation.Database.Name}-\d{{8}}-\d{{6}}\.blob$", download.SuggestedFilename);

        await using var file = File.OpenRead(folder.Combine("backup"));
        var summary = await ArchiveVerifier.VerifyAsync(file, Password, null, CancellationToken.None);
        Assert.True(summary.Rows > 0 && summary.Objects > 0);

        // What was done stands below, without a reload.
        var row = window.Page.GetByRole(AriaRole.Row).Nth(1);
        await Expect(row).ToContainTextAsync("succeeded");
        await Expect(row).ToContainTextAsync("dashboard");
        Assert.Empty(window.Complaints);
    }

    [BrowserFact]
    public async Task A_backup_that_cannot_be_taken_says_why_in_the_page()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using var window = await site.OpenAsync(browser, "/backups");
        await site.Installation.Vault.DisposeAsync();

        await FillBackupAsync(window, Password, Password);
        await window.Button("Back up now").ClickAsync();

        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Vault at");
        await Expect(window.Page.GetByRole(AriaRole.Row).Nth(1)).ToContainTextAsync("failed");
    }

    [BrowserFact]
    public async Task A_restore_that_would_replace_data_has_to_be_confirmed_by_name()
    {
        using var folder = new TempFolder();
        await using var source = await DashboardSite.StartAsync(await TestInstallation.CreateFilledAsync());
        await File.WriteAllBytesAsync(folder.Combine("backup"), await source.Service.BackupAsync());
        using var application = new ScriptedApplication();
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateFilledAsync(), application.Settings);
        await site.Installation.PutObjectAsync("only-here", RandomNumberGenerator.GetBytes(1000));
        var before = await site.Installation.StoredContentAsync();
        await using var window = await site.OpenAsync(browser, "/backups");
        var restore = window.Button("Replace everything");

        await window.Page.GetByLabel("Backup", new() { Exact = true }).SetInputFilesAsync(folder.Combine("backup"));
        await window.Page.GetByLabel("Its password").FillAsync("wrong");
        await restore.ClickAsync();
        Assert.True(await window.Page.Locator("#overwrite:invalid").IsVisibleAsync());

        // The service does not trust the page.
        await window.Page.EvaluateAsync("document.querySelector('[data-restore]').noValidate = true");
        await window.Page.Locator("#overwrite").FillAsync("another");
        await restore.ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("What was typed is not the installation's name");
        await window.Page.Locator("#overwrite").FillAsync("");
        await window.Page.GetByLabel("Its password").FillAsync(Password);
        await restore.ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The target holds");

        await window.Page.Locator("#overwrite").FillAsync(site.Installation.Database.Name);
        await window.Page.GetByLabel("Its password").FillAsync("wrong");
        await restore.ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("password");
        Assert.Equal(before, await site.Installation.StoredContentAsync());

        await window.Page.GetByLabel("Its password").FillAsync(Password);
        await restore.ClickAsync();
        await Expect(window.Page.GetByText("Everything was restored.")).ToBeVisibleAsync();
        Assert.Equal(await source.Installation.PlainContentAsync(), await site.Installation.PlainContentAsync());

        // All of it stands in the history, and outlives the service.
        await site.RestartAsync();
        await site.SignInAsync(window);
        await window.Heading("Settings").WaitForAsync();
        await window.Page.GotoAsync(site.Address + "/backups");
        await Expect(window.Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(5);
        await Expect(window.Page.GetByRole(AriaRole.Row).Nth(1)).ToContainTextAsync("succeeded");
        await Expect(window.Page.GetByRole(AriaRole.Img)).ToHaveCountAsync(2);
        Assert.Empty(window.Complaints);
    }

    [BrowserFact]
    public async Task An_empty_installation_is_restored_without_a_confirmation()
    {
        using var folder = new TempFolder();
        await using var source = await DashboardSite.StartAsync(await TestInstallation.CreateFilledAsync());
        await File.WriteAllBytesAsync(folder.Combine("backup"), await source.Service.BackupAsync());
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using var window = await site.OpenAsync(browser, "/backups");

        await Expect(window.Page.Locator("#overwrite")).ToHaveCountAsync(0);
        await window.Page.GetByLabel("Backup", new() { Exact = true }).SetInputFilesAsync(folder.Combine("backup"));
        await window.Page.GetByLabel("Its password").FillAsync(Password);
        await window.Button("Restore").ClickAsync();

        await Expect(window.Page.GetByText("Everything was restored.")).ToBeVisibleAsync();
        Assert.Equal(await source.Installation.PlainContentAsync(), await site.Installation.PlainContentAsync());
    }

    private static async Task FillBackupAsync(Window window, string password, string repeat)
    {
        await window.Page.GetByLabel("Password for this backup").FillAsync(password);
        await window.Page.GetByLabel("The same again").FillAsync(repeat);
    }
}
