using System.Text;

namespace TfeBackup.Cli.Output;

/// <summary>
/// Rows in aligned columns of plain text. Columns whose heading begins with <c>&gt;</c> hold figures and stand to the right. On a terminal a table keeps to
/// its width: cells are continued below, those of the first column last. Elsewhere nothing is broken: a line that is piped into another program is
/// worth more than a tidy edge.
/// </summary>
internal sealed class TextTable(params string[] headings)
{
    private const string Gap = "  ";

    private readonly List<string[]> _rows = [[.. headings.Select(heading => heading.TrimStart('>'))]];
    private readonly bool[] _right = [.. headings.Select(heading => heading.StartsWith('>'))];

    /// <summary>Adds a row; one cell for each heading.</summary>
    public void Add(params string[] cells)
    {
        if (cells.Length != _right.Length)
        {
            throw new ArgumentException($"A row of {_right.Length} cells was expected, not of {cells.Length}.", nameof(cells));
        }

        _rows.Add([.. cells.Select(Human.Plain)]);
    }

    /// <summary>The table, each line ended.</summary>
    public override string ToString()
    {
        var widths = Fit(Screen.Width);
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            var cells = row.Select((cell, column) => Screen.Wrap(cell, widths[column])).ToArray();
            for (var line = 0; line < cells.Max(lines => lines.Count); line++)
            {
                var parts = cells.Select((lines, column) => Pad(line < lines.Count ? lines[line] : "", column));
                text.Append(string.Join(Gap, parts).TrimEnd(' ')).Append('\n');
            }
        }

        return text.ToString();

        string Pad(string cell, int column) => _right[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]);
    }

    private int[] Fit(int? width)
    {
        var widths = Enumerable.Range(0, _right.Length).Select(column => Math.Max(1, _rows.Max(row => row[column].Length))).ToArray();
        var excess = widths.Sum() + (Gap.Length * (widths.Length - 1)) - (width ?? int.MaxValue);

        // First between words, the widest column first and names last, then wherever it must be.
        var byWords = Enumerable.Range(0, widths.Length).Select(column => _rows.Max(row => row[column].Split(' ').Max(word => word.Length))).ToArray();
        foreach (var least in (int[][])[byWords, [.. widths.Select(_ => 8)]])
        {
            while (excess > 0 && Enumerable.Range(0, widths.Length).Where(column => widths[column] > least[column]).ToList() is { Count: > 0 } wide)
            {
                widths[wide.MaxBy(column => column == 0 ? 0 : widths[column])]--;
                excess--;
            }
        }

        return widths;
    }
}
