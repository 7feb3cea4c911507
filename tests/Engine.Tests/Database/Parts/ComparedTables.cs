using System.Globalization;
using Npgsql;
using TfeBackup.Archive.Packs;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Database.Parts;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database.Parts;

/// <summary>
/// What a series of backups would know of a database's tables, part by part. Each round reads everything besides, and compares what the rule says
/// is unchanged with what is there, in the order it is there.
/// </summary>
internal sealed class ComparedTables(PostgresDatabase database, int pagesPerPart)
{
    private readonly Dictionary<string, (string? Layout, Dictionary<long, (string Text, KnownPart Known)> Parts)> _stored = [];
    private DatabaseHistory? _history;

    public int Changed { get; private set; }

    public int Unchanged { get; private set; }

    /// <summary>Compares all tables under a snapshot of now.</summary>
    /// <param name="what">What happened before, for messages.</param>
    /// <returns>How many parts would be read.</returns>
    public async Task<int> CompareAsync(string what)
    {
        await using var connection = await database.DataSource.OpenSessionAsync(default);
        var server = await ServerInfo.ReadAsync(connection, default);
        var tables = (await CoveredRelations.ReadAsync(connection, Databases.Options, [], default)).Tables;
        await connection.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", default);
        foreach (var table in tables)
        {
            await connection.ExecuteAsync($"LOCK TABLE ONLY {table.QuotedName} IN ACCESS SHARE MODE", default);
        }

        await connection.ScalarAsync("SELECT 1", default);
        await SessionSettings.PinAsync(connection, TimeSpan.FromSeconds(10), default);
        var history = await ServerHistory.ReadAsync(connection, default);
        var layouts = await TableLayouts.ReadAsync(connection, tables, static _ => "", default);
        var rule = new PartRule(server, history!.Xmax);
        var isSame = ServerHistory.WhyNotSame(_history, history) is null;
        var read = 0;
        foreach (var table in tables)
        {
            var layout = layouts[table.Oid];
            var stored = isSame && _stored.TryGetValue(table.ToString(), out var found) && found.Layout == layout && layout is not null ? found.Parts : [];
            var pages = (long)(await connection.ScalarAsync($"SELECT pg_catalog.pg_relation_size({table.Oid}::oid) / {server.BlockSize}", default))!;
            var changed = (await rule.FindChangedAsync(
                connection, table.QuotedName, pages, pagesPerPart, stored.ToDictionary(p => p.Key, p => p.Value.Known), default)).ToHashSet();
            var there = await ReadAsync(connection, table);
            foreach (var part in there.Keys.Union(stored.Keys).Where(part => !changed.Contains(part)))
            {
                Unchanged++;
                Assert.True(
                    stored.TryGetValue(part, out var known) && there.GetValueOrDefault(part).Text == known.Text,
                    $"PostgreSQL {server.Major}: part {part} of {table} is said to be unchanged and is not, after {what}");
            }

            read += changed.Count;
            _stored[table.ToString()] = (layout, there.ToDictionary(p => p.Key, p => (p.Value.Text, new KnownPart(p.Value.Rows, history.Xmin))));
        }

        Changed += read;
        _history = history;
        return read;
    }

    private async Task<Dictionary<long, (string Text, long Rows)>> ReadAsync(NpgsqlConnection connection, Relation table) => (await connection.QueryAsync(
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT (((ctid::text::pg_catalog.point)[0])::int8 / {pagesPerPart}) * {pagesPerPart} AS part, pg_catalog.string_agg(t::text, '|' ORDER BY ctid), pg_catalog.count(*)
            FROM ONLY {table.QuotedName} AS t GROUP BY 1
            """),
        static row => (Part: row.GetInt64(0), Text: row.GetString(1), Rows: row.GetInt64(2)),
        default)).ToDictionary(static part => part.Part, static part => (part.Text, part.Rows));
}
