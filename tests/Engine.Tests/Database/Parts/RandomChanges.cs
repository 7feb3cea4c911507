using System.Globalization;
using Npgsql;
using TfeBackup.TestSupport.Postgres;

namespace TfeBackup.Engine.Tests.Database.Parts;

/// <summary>
/// What applications, administrators and the server itself do to tables, at random: transactions that end late, in part or not at all, prepared ones,
/// locks of rows, freezing, rewriting, and changes of columns.
/// </summary>
internal sealed class RandomChanges(PostgresDatabase database, Random random) : IAsyncDisposable
{
    private const int Usual = 19;

    private readonly List<string> _prepared = [];
    private NpgsqlConnection? _open;
    private int _lastName;
    private int _label = 1;

    public async Task<string> ChangeAsync()
    {
        var table = $"t{random.Next(3)}";
        var id = random.Next(4000);
        var some = $"id BETWEEN {id} AND {id + random.Next(200)}";
        (string Name, string Sql)[] kinds =
        [
            ("insert", Insert(table)),
            ("insert", Insert(table)),
            ("update", $"UPDATE {table} SET n = n + 1 WHERE {some}"),
            ("update", $"UPDATE {table} SET n = n + 1 WHERE {some}"),
            ("update of a few", $"UPDATE {table} SET n = n + 1 WHERE id = {id}"),
            ("move", $"UPDATE {table} SET t = t || repeat('m', {random.Next(300)}) WHERE {some}"),
            ("delete", $"DELETE FROM {table} WHERE {some}"),
            ("delete and insert as many", $"WITH d AS (DELETE FROM {table} WHERE {some} RETURNING id) INSERT INTO {table} (id, n, t) SELECT id, -1, 'again' FROM d"),
            ("rolled back", $"BEGIN; UPDATE {table} SET n = -n WHERE {some}; {Insert(table)}; ROLLBACK"),
            ("rolled back in part", $"BEGIN; SAVEPOINT a; UPDATE {table} SET n = -n WHERE {some}; ROLLBACK TO a; SAVEPOINT b; {Insert(table)}; RELEASE b; DELETE FROM {table} WHERE id = {id}; COMMIT"),
            ("rows locked", $"BEGIN; SELECT FROM {table} WHERE {some} FOR UPDATE; SAVEPOINT a; SELECT FROM {table} WHERE {some} FOR SHARE; COMMIT"),
            ("upsert", $"INSERT INTO {table} (id, n, t) SELECT g, 0, 'u' FROM generate_series({id}, {id + 20}) g ON CONFLICT DO NOTHING"),
            ("large value", $"INSERT INTO {table} (id, n, t) VALUES ({id}, 0, (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 1000) g))"),
            ("VACUUM", $"VACUUM {table}"),
            ("VACUUM FREEZE", $"VACUUM (FREEZE) {table}"),
            ("prepared", $"prepare {table} {id}"),
            ("prepared ended", "end prepared"),
            ("left open", $"open {table} {id}"),
            ("open ended", "end open"),
            ("TRUNCATE and COPY FREEZE", $"freeze {table}"),
            ("VACUUM FULL", $"VACUUM FULL {table}"),
            ("column with default", $"ALTER TABLE {table} ADD COLUMN c{++_lastName} integer DEFAULT {id}"),
            ("column dropped and added again", $"ALTER TABLE {table} DROP COLUMN n; ALTER TABLE {table} ADD COLUMN n integer DEFAULT {id}"),
            ("tables swapped by name", "BEGIN; ALTER TABLE t0 RENAME TO x; ALTER TABLE t1 RENAME TO t0; ALTER TABLE x RENAME TO t1; COMMIT"),
            ("label renamed", $"ALTER TYPE mood RENAME VALUE 'm{_label}' TO 'm{_label + 1}'"),
        ];

        // What rewrites a table or changes its columns makes everything be read, and so hides the rest if it is frequent.
        (var name, var sql) = kinds[random.Next(6) > 0 ? random.Next(Usual) : random.Next(Usual, kinds.Length)];
        try
        {
            await RunAsync(sql, table, some);
            return $"{name} ({table})";
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation)
        {
            return $"{name} ({table}, in vain)";
        }
    }

    /// <summary>Ends whatever has not ended.</summary>
    public async Task EndAllAsync()
    {
        await EndOpenAsync();
        while (_prepared.Count > 0)
        {
            await EndPreparedAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_open is not null)
        {
            await _open.DisposeAsync();
        }

        foreach (var name in _prepared)
        {
            // Otherwise the database could not be dropped, and that would hide why a test failed.
            await ExecuteAsync($"ROLLBACK PREPARED '{name}'");
        }
    }

    private string Insert(string table) => string.Create(
        CultureInfo.InvariantCulture,
        $"INSERT INTO {table} (id, n, t) SELECT g, g, repeat('x', g % 90) FROM generate_series({random.Next(5000)}, 9000) g LIMIT {random.Next(1, 300)} ON CONFLICT DO NOTHING");

    private async Task RunAsync(string sql, string table, string some)
    {
        switch (sql.Split(' ')[0])
        {
            case "freeze":
                await FreezeAsync(table);
                break;
            case "prepare":
                var name = $"p{++_lastName}";
                await ExecuteAsync($"BEGIN; UPDATE {table} SET n = n + 7 WHERE {some}; {Insert(table)}; PREPARE TRANSACTION '{name}'");
                _prepared.Add(name);
                break;
            case "end" when sql == "end prepared":
                await EndPreparedAsync();
                break;
            case "end":
                await EndOpenAsync();
                break;
            case "open":
                await EndOpenAsync();
                _open = await database.DataSource.OpenConnectionAsync();
                await ExecuteAsync(_open, $"SET lock_timeout = '100ms'; BEGIN; UPDATE {table} SET n = n + 3 WHERE {some}; SAVEPOINT a; {Insert(table)}; RELEASE a");
                break;
            default:
                await ExecuteAsync(sql);
                _label += sql.Contains("RENAME VALUE", StringComparison.Ordinal) ? 1 : 0;
                break;
        }
    }

    /// <summary>Rows that every snapshot sees, even those older than the transaction that brings them.</summary>
    private async Task FreezeAsync(string table)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, $"SET LOCAL lock_timeout = '100ms'; TRUNCATE {table}");
        await using (var writer = await connection.BeginTextImportAsync($"COPY {table} (id, n, t) FROM STDIN (FREEZE)"))
        {
            for (var i = 0; i < 500; i++)
            {
                await writer.WriteAsync($"{i}\t{i}\tfrozen\n");
            }
        }

        await transaction.CommitAsync();
    }

    private async Task EndPreparedAsync()
    {
        if (_prepared.Count > 0)
        {
            var name = _prepared[random.Next(_prepared.Count)];
            _prepared.Remove(name);
            await ExecuteAsync($"{(random.Next(2) == 0 ? "COMMIT" : "ROLLBACK")} PREPARED '{name}'");
        }
    }

    private async Task EndOpenAsync()
    {
        if (_open is not null)
        {
            try
            {
                await ExecuteAsync(_open, random.Next(2) == 0 ? "COMMIT" : "ROLLBACK");
            }
            finally
            {
                await _open.DisposeAsync();
                _open = null;
            }
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await ExecuteAsync(connection, "SET lock_timeout = '100ms'");
        if (sql.StartsWith("VACUUM", StringComparison.Ordinal) || sql.Contains("PREPARED", StringComparison.Ordinal))
        {
            await ExecuteAsync(connection, sql);
            return;
        }

        try
        {
            await ExecuteAsync(connection, sql);
        }
        catch (PostgresException)
        {
            await ExecuteAsync(connection, "ROLLBACK");
            throw;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
