using System.Text;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine.Vault.Copy;

/// <summary>
/// Remembers the primary key of a row that comes in pieces, so that a message can name the row. Never another column's value.
/// </summary>
internal sealed class RowIdentity
{
    private const int LongestShown = 80;

    private readonly Dictionary<int, string> _values = [];

    /// <summary>Forgets the row.</summary>
    public void Clear() => _values.Clear();

    /// <summary>Takes a part of the row.</summary>
    /// <param name="table">The row's table.</param>
    /// <param name="part">The part; may begin and end within a field; nothing after a row end is read.</param>
    /// <param name="column">The column its first byte is in.</param>
    public void Add(TableSchema table, ReadOnlySpan<byte> part, int column)
    {
        var end = part.IndexOf((byte)'\n');
        if (end >= 0)
        {
            part = part[..end];
        }

        while (column < table.Columns.Count)
        {
            var tab = part.IndexOf((byte)'\t');
            var field = tab < 0 ? part : part[..tab];
            var info = table.Columns[column];
            if (info.TransitKey is null && table.PrimaryKey.Contains(info.Name))
            {
                var before = _values.GetValueOrDefault(column, "");
                var room = LongestShown - before.Length;
                var shown = Encoding.UTF8.GetString(field[..Math.Min(field.Length, Math.Max(room, 0))]);
                _values[column] = before + shown + (field.Length > room && room > 0 ? "…" : "");
            }

            if (tab < 0)
            {
                return;
            }

            part = part[(tab + 1)..];
            column++;
        }
    }

    /// <summary>Names the row: <c>the row id=42</c>.</summary>
    public string Describe(TableSchema table)
    {
        if (table.PrimaryKey.Count == 0)
        {
            return "a row (the table has no primary key)";
        }

        var parts = table.PrimaryKey.Select(name =>
        {
            var column = 0;
            while (column < table.Columns.Count && table.Columns[column].Name != name)
            {
                column++;
            }

            return $"{name}={_values.GetValueOrDefault(column, "?")}";
        });
        return $"the row {string.Join(", ", parts)}";
    }
}
