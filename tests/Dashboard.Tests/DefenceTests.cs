using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using TfeBackup.Dashboard.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Processes;
using TfeBackup.TestSupport.Tls;

namespace TfeBackup.Dashboard.Tests;

public sealed partial class DefenceTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly string[] Pages = ["", "/backups", "/backups/history", "/application", "/nothing"];

    private static readonly string[] Forms =
    [
        "/sign-out", "/token/show", "/token/rotate", "/token/end", "/application/stop", "/application/start", "/backups/new", "/backups/restore",
    ];

    [Fact]
    public async Task Who_is_not_signed_in_sees_and_does_nothing()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        using var http = Client();

        foreach (var page in Pages)
        {
            using var answer = await http.GetAsync(new Uri(site.Address + page));
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
            Assert.Equal("/settings/sign-in", answer.Headers.Location?.OriginalString);
        }

        foreach (var form in Forms)
        {
            using var answer = await http.PostAsync(new Uri(site.Address + form), new FormUrlEncodedContent([]));
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [BrowserFact]
    public async Task What_another_site_sends_is_refused()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using var window = await site.OpenAsync(browser);
        var token = await File.ReadAllTextAsync(site.Installation.TokenFile);

        // Another site's page, opened by whoever is signed in: the browser keeps the session from it.
        var target = $"{site.Address}/token/rotate";
        await window.Page.RouteAsync("http://elsewhere.test/", route => route.FulfillAsync(new() { ContentType = "text/html", Body = $"<form method=post action='{target}'><button>Win</button></form>" }));
        await window.Page.GotoAsync("http://elsewhere.test/");
        var answer = await window.Page.RunAndWaitForResponseAsync(() => window.Button("Win").ClickAsync(), target);
        Assert.Equal(401, answer.Status);

        // And even with the session, a form has to come from one of the pages.
        using var http = Client();
        var cookies = string.Join("; ", (await window.Context.CookiesAsync([site.Address])).Select(cookie => $"{cookie.Name}={cookie.Value}"));
        foreach (var form in Forms)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, site.Address + form) { Content = new FormUrlEncodedContent([new("grace", "0")]) };
            request.Headers.Add("Cookie", cookies);
            using var refused = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        Assert.Equal(token, await File.ReadAllTextAsync(site.Installation.TokenFile));
    }

    [BrowserFact]
    public async Task Every_answer_forbids_what_its_pages_do_not_need()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        await using var window = await site.OpenAsync(browser);

        foreach (var page in Pages.Concat(["/sign-in", "/setup", "/dashboard.css", "/dashboard.js", "/icon.svg"]))
        {
            var answer = (await window.Page.GotoAsync(site.Address + page))!;
            var headers = answer.Headers;
            Assert.Equal(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                headers["content-security-policy"]);
            Assert.Equal("nosniff", headers["x-content-type-options"]);
            Assert.Contains("no-store", headers["cache-control"], StringComparison.Ordinal);
            Assert.False(headers.ContainsKey("server"));
            if (headers["content-type"].StartsWith("text/html", StringComparison.Ordinal))
            {
                // Nothing inline, nothing from elsewhere.
                Assert.DoesNotMatch(Inline(), await answer.TextAsync());
            }
        }

        Assert.Empty(window.Complaints);
    }

    [Fact]
    public async Task Either_listener_serves_its_own_side_alone()
    {
        await using var site = await DashboardSite.StartAsync(await TestInstallation.CreateAsync());
        using var http = Client();
        http.DefaultRequestHeaders.Authorization = new("Bearer", site.Service.Token);

        foreach (var path in new[] { "/settings", "/settings/sign-in", "/settings/dashboard.css" })
        {
            using var answer = await http.GetAsync(new Uri(site.Service.Process.Address, path));
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        using var health = await http.GetAsync(new Uri(new Uri(site.Address), "/_backup/api/v1/health"));
        Assert.Equal(HttpStatusCode.Redirect, health.StatusCode);
        using var backup = await http.PostAsync(new Uri(new Uri(site.Address), "/_backup/api/v1/backup"), new StringContent("{}"));
        Assert.Equal(HttpStatusCode.Unauthorized, backup.StatusCode);
    }

    [Fact]
    public async Task Over_https_the_cookies_are_sent_by_https_alone()
    {
        using var folder = new TempFolder();
        using var name = new TlsName("127.0.0.1");
        await File.WriteAllBytesAsync(folder.Combine("certificate.pfx"), name.Certificate.Export(X509ContentType.Pfx, "secret"));
        await using var site = await DashboardSite.StartAsync(
            await TestInstallation.CreateAsync(),
            ("Dashboard:Urls", "https://127.0.0.1:0"),
            ("Kestrel:Certificates:Default:Path", folder.Combine("certificate.pfx")),
            ("Kestrel:Certificates:Default:Password", "secret"));
        using var handler = new HttpClientHandler { UseCookies = false };
        handler.ServerCertificateCustomValidationCallback = (_, presented, _, _) => presented!.Thumbprint == name.Certificate.Thumbprint;
        using var http = new HttpClient(handler);

        using var answer = await http.GetAsync(new Uri(site.SetupLink));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("https://", site.Address, StringComparison.Ordinal);
        Assert.All(answer.Headers.GetValues("Set-Cookie"), cookie => Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("http://0.0.0.0:0", "Dashboard:Urls: found 'http://0.0.0.0:0'; expected")]
    [InlineData("http://*:8800", "Dashboard:Urls: found 'http://*:8800'; expected")]
    [InlineData("8800", "Dashboard:Urls: found '8800'; expected")]
    [InlineData("https://127.0.0.1:0", "Dashboard:Urls: 'https://127.0.0.1:0' has an https address, but there is no certificate for it")]
    public async Task A_wrong_address_stops_the_start_with_its_name(string urls, string named)
    {
        await using var installation = await TestInstallation.CreateAsync();

        await using var process = await AppProcess.LaunchAsync(BackupService.Assembly, installation.Settings(("Dashboard:Urls", urls)));

        Assert.Equal(2, await process.Exited.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains(named, process.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dashboard_that_nobody_asked_for_does_not_keep_the_service_from_starting()
    {
        await using var installation = await TestInstallation.CreateAsync();
        var settings = installation.Settings().Where(setting => setting.Key is not "Dashboard:Urls" and not "Installation:TokenFile").ToDictionary();
        settings["Installation:Token"] = new string('t', 40);
        await File.WriteAllTextAsync(installation.TokenFile, settings["Installation:Token"]);

        await using var service = await BackupService.StartAsync(installation, settings);

        await WaitFor.ConditionAsync(
            () => service.Process.ReadLog().Contains("There is no settings dashboard", StringComparison.Ordinal), "the log to say so", TimeSpan.FromSeconds(30));
        using var health = await service.HealthAsync();
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    private static HttpClient Client() => new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });

    [GeneratedRegex(@"<script(?![^>]*src=""/settings/)|<style|\sstyle=|\son[a-z]+=""|(?:src|href)=""(?:https?:)?//")]
    private static partial Regex Inline();
}
