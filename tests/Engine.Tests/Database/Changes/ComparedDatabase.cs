using System.Globalization;
using System.Text;
using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Database.Changes;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database.Changes;

/// <summary>
/// A database that is read again and again: whatever the comparison takes for unchanged is read all the same, and must be, byte for byte, what was
/// read the last time.
/// </summary>
internal sealed class ComparedDatabase(PostgresDatabase database, int pages)
{
    private readonly Dictionary<uint, Known> _tables = [];
    private HistoryPoint? _last;

    /// <summary>The parts of the last reading that were taken for unchanged, by table.</summary>
    public Dictionary<string, long> Unchanged { get; } = [];

    /// <summary>The parts of the last reading that were read, by table.</summary>
    public Dictionary<string, long> Read { get; } = [];

    /// <summary>Why the last reading took nothing for unchanged.</summary>
    public string? Break { get; private set; }

    /// <summary>Reads everything at one moment.</summary>
    public async Task ReadAsync()
    {
        await using var connection = await database.DataSource.OpenSessionAsync(default);
        await connection.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", default);
        await SessionSettings.PinAsync(connection, TimeSpan.FromSeconds(5), default);
        var server = await ServerInfo.ReadAsync(connection, default);
        var relations = await CoveredRelations.ReadAsync(connection, Databases.Options, [], default);
        var schema = await SchemaReader.ReadAsync(connection, server, relations, RecordedBackup.NoneEncrypted, default);
        var now = await HistoryPoint.ReadAsync(connection, server, default);
        var layouts = await TableLayouts.ReadAsync(connection, server, relations.Tables, schema.Tables, default);
        Break = _last is null ? "nothing is known" : now.BreakSince(_last);
        Unchanged.Clear();
        Read.Clear();
        for (var i = 0; i < layouts.Count; i++)
        {
            await ReadTableAsync(connection, server, relations.Tables[i], schema.Tables[i], layouts[i], now);
        }

        _last = now;
        await connection.ExecuteAsync("COMMIT", default);
        Assert.True(await now.IsDurableAsync(connection, TimeSpan.FromSeconds(20), default));
    }

    private async Task ReadTableAsync(
        NpgsqlConnection connection, ServerInfo server, Relation relation, TableSchema table, TableLayout layout, HistoryPoint now)
    {
        var known = Break is null && layout.MustBeRead is null && _tables.TryGetValue(relation.Oid, out var found) && found.Fingerprint == layout.Fingerprint
            ? found.Parts
            : [];
        var parts = await PartComparison.CountPartsAsync(connection, server, relation.Oid, pages, default);
        var unchanged = await PartComparison.FindUnchangedAsync(connection, server, table.QuotedName, pages, known.Values.Select(static part => part.Part), now, default);
        var all = new Dictionary<long, (TablePart, string)>();
        for (var number = 0L; number < parts; number++)
        {
            var text = await CopyAsync(connection, server, table, number);
            if (unchanged.Contains(number))
            {
                Assert.True(known[number].Text == text, $"Part {number} of {table} was taken for unchanged.\nIt was:\n{known[number].Text}\nIt is:\n{text}");
            }

            all[number] = (new TablePart(number, text.Count(static c => c == '\n'), now.Xmin), text);
        }

        // A part that lies behind the table's end now is without rows.
        Assert.All(unchanged.Where(number => number >= parts), number => Assert.Empty(known[number].Text));

        // The parts are all of the table, whatever its size was.
        Assert.Equal(Sorted(await CopyAsync(connection, $"SELECT {Columns(table)} FROM ONLY {table.QuotedName}")), Sorted(string.Concat(all.OrderBy(static part => part.Key).Select(static part => part.Value.Item2))));
        _tables[relation.Oid] = new Known(layout.Fingerprint, all);
        var same = unchanged.Count(number => number < parts);
        Unchanged[relation.ToString()] = same;
        Read[relation.ToString()] = parts - same;
    }

    private Task<string> CopyAsync(NpgsqlConnection connection, ServerInfo server, TableSchema table, long number) =>
        CopyAsync(connection, PartComparison.Select(server, table.QuotedName, Columns(table), pages, number));

    private static string Columns(TableSchema table) => string.Join(", ", table.Columns.Select(static column => SqlName.Quote(column.Name)));

    private static string Sorted(string text) => string.Join('\n', text.Split('\n').Order(StringComparer.Ordinal));

    private static async Task<string> CopyAsync(NpgsqlConnection connection, string select)
    {
        using var reader = await connection.BeginTextExportAsync(string.Create(CultureInfo.InvariantCulture, $"COPY ({select}) TO STDOUT"));
        var text = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line)
        {
            text.Append(line).Append('\n');
        }

        return text.ToString();
    }

    private sealed record Known(string Fingerprint, Dictionary<long, (TablePart Part, string Text)> Parts);
}
