using System.Net;
using System.Net.Http.Headers;
using Microsoft.Playwright;
using TfeBackup.Dashboard.Tests.Support;
using TfeBackup.TestSupport.Installations;
using static Microsoft.Playwright.Assertions;

namespace TfeBackup.Dashboard.Tests;

public sealed class TokenTests(Browser browser) : IClassFixture<Browser>
{
    [BrowserFact]
    public async Task The_token_is_hidden_until_it_is_asked_for()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using var window = await browser.OpenAsync();
        await site.SetUpAsync(window);
        var token = window.Page.GetByLabel("Token", new() { Exact = true });
        Assert.DoesNotContain(site.Service.Token, await window.Page.ContentAsync(), StringComparison.Ordinal);

        await window.Button("Show").ClickAsync();
        await Expect(token).ToHaveValueAsync(site.Service.Token);
        await window.Page.GetByRole(AriaRole.Link, new() { Name = "Hide" }).ClickAsync();
        await Expect(token).Not.ToHaveValueAsync(site.Service.Token);
        Assert.DoesNotContain(site.Service.Token, await window.Page.ContentAsync(), StringComparison.Ordinal);

        // Copied without being shown.
        await window.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await window.Button("Copy").ClickAsync();
        await Expect(window.Page.GetByText("The token is on the clipboard.")).ToBeVisibleAsync();
        Assert.Equal(site.Service.Token, await window.Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        Assert.DoesNotContain(site.Service.Token, await window.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Contains("the API token was shown", site.Service.Process.ReadLog(), StringComparison.Ordinal);
        Assert.Contains("the API token was copied", site.Service.Process.ReadLog(), StringComparison.Ordinal);
        Assert.DoesNotContain(site.Service.Token, site.Service.Process.ReadLog(), StringComparison.Ordinal);
        Assert.Empty(window.Complaints);
    }

    [BrowserFact]
    public async Task A_replaced_token_is_valid_for_its_grace_even_across_a_restart_and_until_it_is_ended()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using var window = await browser.OpenAsync();
        window.Page.Dialog += (_, dialog) => dialog.AcceptAsync();
        await site.SetUpAsync(window);
        var first = site.Service.Token;

        await window.Page.GetByLabel("The old one stays valid").SelectOptionAsync("for 24 hours");
        await window.Button("Make a new token").ClickAsync();
        await Expect(window.Page.GetByText("A former token is valid until")).ToBeVisibleAsync();
        var second = await ReadAsync(site);
        Assert.NotEqual(first, second);
        Assert.DoesNotContain(first, await File.ReadAllTextAsync($"{site.Installation.TokenFile}.former"), StringComparison.Ordinal);
        Assert.Equal([true, true, false], await ServedAsync(site, first, second, second[1..] + "x"));

        await site.RestartAsync();
        Assert.Equal([true, true], await ServedAsync(site, first, second));

        await site.SignInAsync(window);
        await window.Button("End it now").ClickAsync();
        await Expect(window.Page.GetByText("A former token is valid until")).ToHaveCountAsync(0);
        Assert.Equal([false, true], await ServedAsync(site, first, second));

        await window.Page.GetByLabel("The old one stays valid").SelectOptionAsync("not at all: it ends at once");
        await window.Button("Make a new token").ClickAsync();
        await window.Button("Show").WaitForAsync();
        var third = await ReadAsync(site);
        Assert.Equal([false, false, true], await ServedAsync(site, first, second, third));
    }

    private static async Task<string> ReadAsync(DashboardSite site) => (await File.ReadAllTextAsync(site.Installation.TokenFile)).Trim();

    private static async Task<List<bool>> ServedAsync(DashboardSite site, params string[] tokens)
    {
        using var http = new HttpClient { BaseAddress = site.Service.Process.Address };
        var served = new List<bool>();
        foreach (var token in tokens)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/_backup/api/v1/restores/none");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await http.SendAsync(request);
            served.Add(answer.StatusCode != HttpStatusCode.Unauthorized);
        }

        return served;
    }
}
