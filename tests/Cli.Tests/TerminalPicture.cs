using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace TfeBackup.Cli.Tests;

/// <summary>What a terminal of 80 columns shows in the end, as text and as a picture (SVG).</summary>
internal sealed partial class TerminalPicture
{
    private const double CharacterWidth = 8.4;
    private const int LineHeight = 19;
    private const int Margin = 14;
    private const int Columns = 80;

    private readonly List<List<(string Text, string? Colour)>> _lines = [];

    /// <summary>Its lines, without colours.</summary>
    public IEnumerable<string> Lines => _lines.Select(line => string.Concat(line.Select(part => part.Text)));

    /// <summary>Adds a command as it is typed, and what it showed.</summary>
    public TerminalPicture Add(string command, string shown)
    {
        if (_lines.Count > 0)
        {
            _lines.Add([]);
        }

        _lines.Add([("$ ", "#7d8590"), (command, "#ffffff")]);

        // What was drawn over is gone.
        foreach (var line in shown.TrimEnd().Split('\n').Select(line => line[(line.LastIndexOf('\r') + 1)..]))
        {
            var parts = new List<(string, string?)>();
            var colour = (string?)null;
            var from = 0;
            foreach (Match escape in Escape().Matches(line))
            {
                parts.Add((line[from..escape.Index], colour));
                from = escape.Index + escape.Length;
                colour = escape.Groups["code"].Value switch
                {
                    "31" => "#ff7b72",
                    "32" => "#3fb950",
                    "33" => "#d29922",
                    "0" => null,
                    _ => colour,
                };
            }

            parts.Add((line[from..], colour));
            _lines.Add([.. parts.Where(part => part.Item1.Length > 0)]);
        }

        return this;
    }

    /// <summary>The picture.</summary>
    public string ToSvg(string title)
    {
        var width = (Columns * CharacterWidth) + (2 * Margin);
        var height = (_lines.Count * LineHeight) + (2 * Margin);
        var svg = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
            <title>{WebUtility.HtmlEncode(title)}</title>
            <rect width="100%" height="100%" rx="8" fill="#0d1117"/>
            <g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#d1d7e0">

            """));
        var y = Margin + 14;
        foreach (var line in _lines)
        {
            var column = 0;
            foreach (var (text, colour) in line)
            {
                svg.Append(string.Create(
                    CultureInfo.InvariantCulture,
                    $"""<text x="{Margin + (column * CharacterWidth):0.#}" y="{y}" textLength="{text.Length * CharacterWidth:0.#}" lengthAdjust="spacingAndGlyphs"{(colour is null ? "" : $" fill=\"{colour}\"")}>{WebUtility.HtmlEncode(text.Replace(' ', '\u00a0'))}</text>""")).Append('\n');
                column += text.Length;
            }

            y += LineHeight;
        }

        return svg.Append("</g>\n</svg>\n").ToString();
    }

    [GeneratedRegex("\u001b(?:\\[(?<code>[?0-9;]*)[A-Za-z]|=)")]
    private static partial Regex Escape();
}
