using System.Text;

namespace TfeBackup.Cli.Output;

/// <summary>
/// Rows in aligned columns of plain text. Columns whose heading begins with <c>&gt;</c> hold figures and stand to the right. Nothing is cut off:
/// a line that is piped into another program is worth more than a tidy edge.
/// </summary>
internal sealed class TextTable(params string[] headings)
{
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
        var widths = Enumerable.Range(0, _right.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            var start = text.Length;
            for (var column = 0; column < row.Length; column++)
            {
                text.Append(column == 0 ? "" : "  ")
                    .Append(_right[column] ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]));
            }

            while (text.Length > start && text[^1] == ' ')
            {
                text.Length--;
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
