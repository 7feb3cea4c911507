using Microsoft.Playwright;
using TfeBackup.Dashboard.Tests.Support;
using TfeBackup.TestSupport.Installations;
using static Microsoft.Playwright.Assertions;

namespace TfeBackup.Dashboard.Tests;

public sealed class SignInTests(Browser browser) : IClassFixture<Browser>
{
    [BrowserFact]
    public async Task The_link_of_the_first_start_sets_the_password_once()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using var window = await browser.OpenAsync();

        // Without the link there is nothing to sign in with.
        await window.Page.GotoAsync(site.Address);
        await Expect(window.Page.GetByText("No password is set yet")).ToBeVisibleAsync();
        await window.Page.GotoAsync(site.SetupLink[..^1]);
        await Expect(window.Page.GetByText("no longer good")).ToBeVisibleAsync();

        await window.Page.GotoAsync(site.SetupLink);
        await window.Page.GetByLabel("New password").FillAsync(DashboardSite.Password);
        await window.Page.GetByLabel("The same again").FillAsync("unfold-gravel-otter-parody");
        await window.Button("Set password").ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The two passwords differ.");
        Assert.False(File.Exists(site.PasswordFile));

        await site.SetUpAsync(window);
        await window.Page.GotoAsync(site.SetupLink);
        await Expect(window.Page.GetByText("The password is set already.")).ToBeVisibleAsync();

        // It is kept, hashed and private; a restart ends sessions and shows no other link.
        Assert.DoesNotContain(DashboardSite.Password, await File.ReadAllTextAsync(site.PasswordFile), StringComparison.Ordinal);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(site.PasswordFile) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await site.RestartAsync();
        Assert.Equal(1, site.SetupLinks);
        await site.SignInAsync(window);
        await Expect(window.Heading("Settings")).ToBeVisibleAsync();
        Assert.Empty(window.Complaints);
    }

    [BrowserFact]
    public async Task The_keyboard_alone_signs_in_and_out()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using (var first = await browser.OpenAsync())
        {
            await site.SetUpAsync(first);
        }

        await using var window = await browser.OpenAsync();
        await window.Page.GotoAsync(site.Address);
        await Expect(window.Page.GetByLabel("Administrator's password")).ToBeFocusedAsync();
        await window.Page.Keyboard.TypeAsync(DashboardSite.Password);
        await window.Page.Keyboard.PressAsync("Tab");
        await Expect(window.Button("Sign in")).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("Enter");
        await Expect(window.Heading("Settings")).ToBeVisibleAsync();

        // The first stop leads past the navigation; the last of the header's signs out.
        foreach (var name in new[] { "Skip to content", "Settings", "Backup and restore" })
        {
            await window.Page.Keyboard.PressAsync("Tab");
            await Expect(window.Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true })).ToBeFocusedAsync();
        }

        await window.Page.Keyboard.PressAsync("Tab");
        await Expect(window.Button("Sign out")).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("Enter");
        await Expect(window.Heading("Sign in")).ToBeVisibleAsync();
        await window.Page.GotoAsync(site.Address);
        await Expect(window.Heading("Sign in")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Passwords_are_tried_five_times_a_minute_and_then_not_even_the_right_one()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using (var first = await browser.OpenAsync())
        {
            // One of the five.
            await site.SetUpAsync(first);
        }

        await using var window = await browser.OpenAsync();
        for (var attempt = 0; attempt < 4; attempt++)
        {
            await site.SignInAsync(window, "not the password");
            await Expect(window.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("That is not the password.");
        }

        await site.SignInAsync(window);
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("Too many tries. Wait a minute, then try again.");
        Assert.Contains("Dashboard: a wrong password from 127.0.0.1", site.Service.Process.ReadLog(), StringComparison.Ordinal);
        Assert.DoesNotContain("not the password", site.Service.Process.ReadLog(), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task The_sessions_cookie_is_kept_from_scripts_other_sites_and_other_paths()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using var window = await browser.OpenAsync();
        await site.SetUpAsync(window);

        var cookies = await window.Context.CookiesAsync();

        Assert.Equal(["tfe-backup", "tfe-backup-form"], cookies.Select(cookie => cookie.Name).Order(StringComparer.Ordinal));
        Assert.All(cookies, cookie =>
        {
            Assert.True(cookie.HttpOnly);
            Assert.Equal(SameSiteAttribute.Strict, cookie.SameSite);
            Assert.Equal("/settings", cookie.Path);
        });
    }
}
