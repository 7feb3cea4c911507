using Microsoft.Playwright;

namespace TfeBackup.Dashboard.Tests.Support;

/// <summary>One Chromium for the tests of a class; each gets a profile of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    public const string Missing = "There is no Chromium (/usr/bin/chromium): apt-get install chromium.";

    // Milliseconds. Others may work on this machine, too.
    private const float Deadline = 30_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public static string? Program { get; } = File.Exists("/usr/bin/chromium") ? "/usr/bin/chromium" : null;

    public async Task InitializeAsync()
    {
        if (Program is null)
        {
            return;
        }

        Assertions.SetDefaultExpectTimeout(Deadline);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,

            // Chromium's sandbox does not start as root.
            Args = Environment.UserName == "root" ? ["--no-sandbox"] : [],
        });
    }

    public async Task DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
    }

    /// <summary>A window of its own profile.</summary>
    /// <param name="dark">Whether its user likes it dark.</param>
    /// <param name="width">How wide it is, in pixels.</param>
    /// <param name="session">The cookies to begin with; null for none.</param>
    public async Task<Window> OpenAsync(bool dark = false, int width = 1100, string? session = null)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
            ReducedMotion = ReducedMotion.Reduce,
            AcceptDownloads = true,
            StorageState = session,
        });
        context.SetDefaultTimeout(Deadline);
        return new Window(context, await context.NewPageAsync());
    }
}
