using System.Text.RegularExpressions;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Dashboard.Tests.Support;

/// <summary>An installation and its service with a dashboard.</summary>
public sealed partial class DashboardSite : IAsyncDisposable
{
    public const string Password = "unfold-gravel-otter-parade";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly string _tokenFile;

    private DashboardSite(TestInstallation installation, BackupService service)
    {
        Installation = installation;
        Service = service;
        _tokenFile = installation.TokenFile;
    }

    public TestInstallation Installation { get; }

    public BackupService Service { get; }

    /// <summary>The address of the settings page, as the log says it.</summary>
    public string Address => Last(Listens());

    /// <summary>The one-time link in the log.</summary>
    public string SetupLink => Last(Links());

    /// <summary>How many one-time links the log has shown.</summary>
    public int SetupLinks => Links().Count(Service.Process.ReadLog());

    /// <summary>The cookies of whoever set the password.</summary>
    public string? Session { get; private set; }

    public string PasswordFile => $"{_tokenFile}.admin";

    public static async Task<DashboardSite> StartAsync(TestInstallation installation, params (string Key, string Value)[] settings)
    {
        var service = await BackupService.StartAsync(installation, [("Dashboard:Urls", "http://127.0.0.1:0"), .. settings]);
        var site = new DashboardSite(installation, service);
        await site.WaitAsync();
        return site;
    }

    /// <summary>Ends the service and starts it again; the dashboard's address is another one then.</summary>
    public async Task RestartAsync()
    {
        var before = Listens().Count(Service.Process.ReadLog());
        await Service.Process.StopAsync();
        await Service.Process.StartAgainAsync();
        await WaitFor.ConditionAsync(() => Listens().Count(Service.Process.ReadLog()) > before, "the dashboard to listen again", Deadline);
    }

    /// <summary>Sets the administrator's password by the link of the log, which also signs in.</summary>
    public async Task SetUpAsync(Window window)
    {
        await window.Page.GotoAsync(SetupLink);
        await window.Page.GetByLabel("New password").FillAsync(Password);
        await window.Page.GetByLabel("The same again").FillAsync(Password);
        await window.Button("Set password").ClickAsync();
        try
        {
            await window.Heading("Settings").WaitForAsync();
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{await window.Page.ContentAsync()}{Environment.NewLine}{Service.Process.ReadLog()}", e);
        }

        Session = await window.Context.StorageStateAsync();
    }

    /// <summary>Opens a page in a window that is signed in.</summary>
    public async Task<Window> OpenAsync(Browser browser, string page = "", bool dark = false, int width = 1100)
    {
        if (Session is null)
        {
            await using var first = await browser.OpenAsync();
            await SetUpAsync(first);
        }

        var window = await browser.OpenAsync(dark, width, Session);
        window.Page.Dialog += (_, dialog) => dialog.AcceptAsync();
        await window.Page.GotoAsync(Address + page);
        return window;
    }

    public async Task SignInAsync(Window window, string password = Password)
    {
        await window.Page.GotoAsync(Address);
        await window.Page.GetByLabel("Administrator's password").FillAsync(password);
        await window.Button("Sign in").ClickAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Installation.DisposeAsync();
    }

    private Task WaitAsync() => WaitFor.ConditionAsync(() => Listens().IsMatch(Service.Process.ReadLog()), "the dashboard to listen", Deadline);

    private string Last(Regex pattern) => pattern.Matches(Service.Process.ReadLog())[^1].Groups[1].Value;

    [GeneratedRegex(@"The settings dashboard is at (\S+)")]
    private static partial Regex Listens();

    [GeneratedRegex(@"another link: (\S+)")]
    private static partial Regex Links();
}
