using System.Globalization;
using Npgsql;
using TfeBackup.TestSupport.Postgres;

namespace TfeBackup.Engine.Tests.Database.Changes;

/// <summary>Changes a database at random, in several sessions whose transactions overlap, by everything that rows are changed and moved by.</summary>
internal sealed class RandomChanges(PostgresDatabase database, Random random) : IAsyncDisposable
{
    public const string Definitions =
        """
        CREATE TYPE mood AS ENUM ('sad', 'fair', 'good');
        CREATE TYPE pair AS (a integer, b text);
        CREATE TABLE plain (id serial, n integer, s text, m mood, p pair, list integer[], big text);
        CREATE INDEX plain_id ON plain (id);
        CREATE TABLE hot (id serial PRIMARY KEY, n integer, s text DEFAULT 'x') WITH (fillfactor = 40);
        CREATE TABLE leaves (id serial, n integer, s text) PARTITION BY LIST (n);
        CREATE TABLE leaves_even PARTITION OF leaves FOR VALUES IN (0, 2, 4, 6, 8);
        CREATE TABLE leaves_odd PARTITION OF leaves FOR VALUES IN (1, 3, 5, 7, 9);
        CREATE TABLE parent (id serial, n integer, s text);
        CREATE TABLE child (more text) INHERITS (parent);
        CREATE TABLE swap_a (id serial, n integer, s text);
        CREATE TABLE swap_b (id serial, n integer, s text);
        """;

    private static readonly string[] Tables = ["plain", "hot", "leaves", "parent", "child", "swap_a", "swap_b", "leaves_even", "leaves_odd"];

    private readonly NpgsqlConnection?[] _sessions = new NpgsqlConnection?[3];
    private readonly List<string> _prepared = [];
    private readonly bool[] _inTransaction = new bool[3];
    private int _names;

    /// <summary>What was done, for reading a failure.</summary>
    public List<string> Done { get; } = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions.OfType<NpgsqlConnection>())
        {
            await session.DisposeAsync();
        }

        foreach (var name in _prepared)
        {
            await database.ExecuteAsync($"ROLLBACK PREPARED '{name}'");
        }
    }

    /// <summary>Ends what is under way.</summary>
    public async Task FinishAsync()
    {
        for (var i = 0; i < _sessions.Length; i++)
        {
            await RunAsync(i, "COMMIT");
            _inTransaction[i] = false;
        }

        foreach (var name in _prepared)
        {
            await database.ExecuteAsync($"COMMIT PREPARED '{name}'");
        }

        _prepared.Clear();
    }

    public async Task ChangeAsync()
    {
        var session = random.Next(_sessions.Length);
        switch (random.Next(100))
        {
            case < 20:
                await BeginAsync(session);
                break;
            case < 35:
                await RunAsync(session, random.Next(3) == 0 ? "ROLLBACK" : "COMMIT");
                _inTransaction[session] = false;
                break;
            case < 75:
                await RunAsync(session, AnyRows());
                break;
            case < 83 when _inTransaction[session]:
                await RunAsync(session, $"SAVEPOINT a; {AnyRows()}; {(random.Next(2) == 0 ? "ROLLBACK TO a" : $"SAVEPOINT b; {AnyRows()}; RELEASE a")}");
                break;
            case < 88 when _inTransaction[session]:
                await PrepareAsync(session);
                break;
            case < 91 when _prepared.Count > 0:
                var name = _prepared[random.Next(_prepared.Count)];
                _prepared.Remove(name);
                await RunAloneAsync($"{(random.Next(2) == 0 ? "COMMIT" : "ROLLBACK")} PREPARED '{name}'");
                break;
            case < 96:
                await RunAloneAsync(Maintenance());
                break;
            default:
                await RunAloneAsync(Definition());
                break;
        }
    }

    private string Any(params ReadOnlySpan<string> choices) => choices[random.Next(choices.Length)];

    private string AnyTable() => Any(Tables);

    private string AnyRows()
    {
        var table = AnyTable();
        var some = string.Create(CultureInfo.InvariantCulture, $"id % 97 = {random.Next(97)}");
        var near = random.Next(400);
        var range = string.Create(CultureInfo.InvariantCulture, $"id BETWEEN {near} AND {near + random.Next(20)}");
        return random.Next(12) switch
        {
            < 4 => Insert(random.Next(1, 60)),
            4 => $"UPDATE ONLY {table} SET s = 's' || random() WHERE {range}",
            5 => $"UPDATE {table} SET s = repeat('u', (random() * 60)::int) WHERE {some}",
            6 => $"UPDATE leaves SET n = (n + 1) % 10 WHERE {range}",
            7 => $"UPDATE plain SET big = repeat(md5(random()::text), 200), p = ROW(1, 'two'), m = 'good' WHERE {some}",
            8 => $"DELETE FROM {table} WHERE {some}",
            9 => $"DELETE FROM {table} WHERE {range}",
            10 => $"SELECT 1 FROM {table} WHERE {some} FOR {Any("UPDATE", "SHARE", "KEY SHARE", "NO KEY UPDATE")}",
            _ => $"UPDATE {table} SET s = s WHERE {some}",
        };
    }

    private string Insert(int count)
    {
        var table = Any("plain", "hot", "leaves", "parent", "child", "swap_a", "swap_b");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"INSERT INTO {table} (n, s) SELECT i % 10, repeat('i', (random() * 80)::int) FROM generate_series(1, {count}) i");
    }

    private string Maintenance()
    {
        var table = AnyTable();
        return random.Next(8) switch
        {
            < 3 => $"VACUUM {table}",
            3 => $"VACUUM FREEZE {table}",
            4 => $"VACUUM FULL {table}",
            5 => "CLUSTER hot USING hot_pkey",
            6 => $"DELETE FROM {table} WHERE id > 500; VACUUM {table}",
            _ => "REINDEX TABLE plain",
        };
    }

    private string Definition() => random.Next(9) switch
    {
        0 => "ALTER TABLE swap_a RENAME TO swapped; ALTER TABLE swap_b RENAME TO swap_a; ALTER TABLE swapped RENAME TO swap_b",
        1 => string.Create(CultureInfo.InvariantCulture, $"ALTER TABLE {Any("plain", "hot", "leaves", "parent")} ADD COLUMN extra{++_names} integer DEFAULT {random.Next(1000)}"),
        2 => "ALTER TABLE hot RENAME n TO was_s; ALTER TABLE hot RENAME s TO n; ALTER TABLE hot RENAME was_s TO s; ALTER TABLE hot ALTER n TYPE integer USING 1, ALTER s TYPE text",
        3 => "ALTER TYPE mood RENAME VALUE 'good' TO 'better'; ALTER TYPE mood RENAME VALUE 'sad' TO 'good'; ALTER TYPE mood RENAME VALUE 'better' TO 'sad'",
        4 => "BEGIN; TRUNCATE swap_a; COPY swap_a (n, s) FROM STDIN (FREEZE)",
        5 => "TRUNCATE swap_b",
        6 => "ALTER TABLE leaves DETACH PARTITION leaves_odd; ALTER TABLE leaves ATTACH PARTITION leaves_odd FOR VALUES IN (1, 3, 5, 7, 9)",
        7 => "ALTER TABLE parent DROP COLUMN n; ALTER TABLE parent ADD COLUMN n integer DEFAULT 5",
        _ => "ALTER TABLE plain ALTER n TYPE integer USING n + 1",
    };

    private async Task BeginAsync(int session)
    {
        if (!_inTransaction[session])
        {
            await RunAsync(session, $"BEGIN ISOLATION LEVEL {Any("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")}");
            _inTransaction[session] = true;
        }
    }

    private async Task PrepareAsync(int session)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{database.Name}_{++_names}");
        _inTransaction[session] = false;
        if (await RunAsync(session, $"PREPARE TRANSACTION '{name}'") && await database.QueryAsync<bool>($"SELECT EXISTS (SELECT FROM pg_prepared_xacts WHERE gid = '{name}')"))
        {
            _prepared.Add(name);
        }
    }

    private async Task<bool> RunAsync(int session, string sql)
    {
        _sessions[session] ??= await OpenAsync();
        return await TryAsync(_sessions[session]!, sql);
    }

    private async Task RunAloneAsync(string sql)
    {
        await using var connection = await OpenAsync();
        const string Copy = "COPY swap_a (n, s) FROM STDIN (FREEZE)";
        if (sql.EndsWith(Copy, StringComparison.Ordinal))
        {
            if (await TryAsync(connection, sql[..^Copy.Length]))
            {
                await using (var writer = await connection.BeginTextImportAsync(Copy))
                {
                    for (var i = 0; i < 300; i++)
                    {
                        await writer.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{i % 10}\tfrozen {random.Next()}\n"));
                    }
                }

                await TryAsync(connection, "COMMIT");
            }

            return;
        }

        // One at a time: VACUUM is not allowed beside others.
        foreach (var statement in sql.Contains("VACUUM", StringComparison.Ordinal) ? sql.Split("; ") : [sql])
        {
            await TryAsync(connection, statement);
        }
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = await database.DataSource.OpenConnectionAsync();
        await using var set = new NpgsqlCommand("SET lock_timeout = '30ms'", connection);
        await set.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Runs SQL, which may fail: what another session holds is not waited for, and a transaction that failed is of no use until it ends.</summary>
    private async Task<bool> TryAsync(NpgsqlConnection connection, string sql)
    {
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
            Done.Add(sql);
            return true;
        }
        catch (PostgresException e)
        {
            Done.Add($"{sql} -- {e.SqlState}");
            return false;
        }
    }
}
