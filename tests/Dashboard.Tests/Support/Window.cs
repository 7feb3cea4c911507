using Microsoft.Playwright;

namespace TfeBackup.Dashboard.Tests.Support;

/// <summary>A browser's window, and what its console complained of.</summary>
public sealed class Window : IAsyncDisposable
{
    private readonly List<string> _complaints = [];

    public Window(IBrowserContext context, IPage page)
    {
        Context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            // A page that was answered 4xx is a line there, too, and tests ask for those.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
    }

    public IBrowserContext Context { get; }

    public IPage Page { get; }

    /// <summary>Scripts that failed, and what the content policy kept from being loaded.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public async ValueTask DisposeAsync() => await Context.DisposeAsync();
}
