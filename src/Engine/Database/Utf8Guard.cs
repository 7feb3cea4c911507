using System.Text.Unicode;
using TfeBackup.Engine.Vault.Copy;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Stops at bytes that are no UTF-8, in a database that says it holds nothing else (one that was SQL_ASCII once, or was
/// damaged): PostgreSQL hands them out, and no server ever takes them back.
/// </summary>
internal sealed class Utf8Guard
{
    private readonly RowIdentity _row = new();
    private byte[] _cut = [];
    private int _column;

    /// <summary>Looks at the next data of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="data">Its data; a row may go on in the next call.</param>
    /// <exception cref="EngineException"><see cref="EngineError.CorruptSource"/>, naming table, column and primary key.</exception>
    public void Check(TableSchema table, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        var withinRow = data[^1] != (byte)'\n';
        if (_cut.Length == 0 && _column == 0 && !withinRow && Utf8.IsValid(data))
        {
            _row.Clear();
            return;
        }

        // A character may be cut where the data is.
        var rest = _cut.Length == 0 ? data : [.. _cut, .. data];
        var cut = withinRow ? Unfinished(rest) : 0;
        _cut = rest[^cut..].ToArray();
        rest = rest[..^cut];
        while (rest.Length > 0)
        {
            var end = rest.IndexOf((byte)'\n');
            var row = end < 0 ? rest : rest[..end];
            _row.Add(table, row, _column);
            var field = row;
            while (true)
            {
                var tab = field.IndexOf((byte)'\t');
                if (!Utf8.IsValid(tab < 0 ? field : field[..tab]))
                {
                    throw new EngineException(
                        EngineError.CorruptSource,
                        $"{table}.{table.Columns[Math.Min(_column, table.Columns.Count - 1)].Name} of {_row.Describe(table)} is not valid UTF-8, the encoding of its database. "
                        + "No server would accept it; repair the value (convert_from with the encoding it was written in), then back up again.");
                }

                if (tab < 0)
                {
                    break;
                }

                field = field[(tab + 1)..];
                _column++;
            }

            if (end < 0)
            {
                return;
            }

            _row.Clear();
            _column = 0;
            rest = rest[(end + 1)..];
        }
    }

    /// <summary>The number of bytes at the end that begin a character.</summary>
    private static int Unfinished(ReadOnlySpan<byte> text)
    {
        for (var back = 1; back <= Math.Min(3, text.Length); back++)
        {
            var b = text[^back];
            if (b >= 0xC0)
            {
                return (b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2) > back ? back : 0;
            }

            if (b < 0x80)
            {
                return 0;
            }
        }

        return 0;
    }
}
