namespace TfeBackup.Cli.Output;

/// <summary>The properties of standard output: a terminal's width and colours, or no terminal.</summary>
internal static class Screen
{
    private const int UsualWidth = 80;
    private const int LeastWidth = 40;

    /// <summary>The columns of the terminal that results go to; null where they go elsewhere, and lines are as long as they are.</summary>
    public static int? Width => Console.IsOutputRedirected ? null : Console.WindowWidth is > 0 and var columns ? Math.Max(columns, LeastWidth) : UsualWidth;

    /// <summary>Colours a text where results go to a terminal that has colours, and nobody objects (https://no-color.org).</summary>
    public static string Paint(string text, Colour colour) =>
        Console.IsOutputRedirected
        || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
        || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb"
            ? text
            : $"\u001b[{(int)colour}m{text}\u001b[0m";

    /// <summary>Breaks a text into lines of at most so many characters, between words where there are any.</summary>
    public static IReadOnlyList<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        while (text.Length > width)
        {
            var space = text.LastIndexOf(' ', width);
            lines.Add(space > 0 ? text[..space] : text[..width]);
            text = text[(space > 0 ? space + 1 : width)..];
        }

        lines.Add(text);
        return lines;
    }
}
