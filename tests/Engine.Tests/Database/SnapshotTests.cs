using System.Collections.Concurrent;
using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

public sealed class SnapshotTests
{
    [Fact]
    public async Task Shows_one_moment_whatever_happens_afterwards()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE a (n integer); INSERT INTO a VALUES (1); CREATE TABLE b (n integer); INSERT INTO b VALUES (1); CREATE SEQUENCE s");
        await using var snapshot = await database.SnapshotAsync();

        await database.ExecuteAsync("UPDATE a SET n = 2; INSERT INTO a VALUES (3); DELETE FROM b");
        var truncate = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("SET lock_timeout = '50ms'; TRUNCATE b"));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, truncate.SqlState);

        var sink = new Collector();
        await snapshot.CopyTablesAsync(() => sink, CancellationToken.None);
        Assert.Equal("1\n", sink.Text("public.a"));
        Assert.Equal("1\n", sink.Text("public.b"));
    }

    [Fact]
    public async Task Reads_a_large_table_in_ranges_side_by_side()
    {
        await using var database = await Databases.NewAsync(
            "CREATE TABLE big (id integer, t text); INSERT INTO big SELECT g, repeat('x', 200) FROM generate_series(1, 20000) g; DELETE FROM big WHERE id % 3 = 0; UPDATE big SET t = 'moved' WHERE id % 7 = 0");
        await using var snapshot = await database.SnapshotAsync(Databases.Options with { Connections = 3, RangeBytes = 256 << 10, BlockBytes = 16 << 10 });
        var sinks = new ConcurrentBag<Collector>();
        var missing = 3;
        var all = new TaskCompletionSource();

        // Nobody goes on before all three connections have rows of the one table.
        await snapshot.CopyTablesAsync(
            () =>
            {
                var sink = new Collector(async () =>
                {
                    if (Interlocked.Decrement(ref missing) == 0)
                    {
                        all.SetResult();
                    }

                    await all.Task.WaitAsync(TimeSpan.FromSeconds(60));
                });
                sinks.Add(sink);
                return sink;
            },
            CancellationToken.None);

        Assert.Equal(3, sinks.Count);
        var ids = sinks.SelectMany(static sink => sink.Text("public.big").Split('\n', StringSplitOptions.RemoveEmptyEntries)).Order(StringComparer.Ordinal);
        await using var command = database.DataSource.CreateCommand("SELECT array_agg(id || E'\\t' || t ORDER BY (id || E'\\t' || t) COLLATE \"C\") FROM big");
        Assert.Equal((string[])(await command.ExecuteScalarAsync())!, ids);
    }

    [Fact]
    public async Task Hands_long_rows_on_in_pieces_and_short_ones_whole()
    {
        await using var database = await Databases.NewAsync(
            "CREATE TABLE rows (t text); INSERT INTO rows SELECT repeat(chr(97 + n % 26), n) FROM unnest(ARRAY[1, 4095, 4096, 4097, 100000, 0, 5, 8191, 8192, 3000, 3000]) n; CREATE TABLE none (t text)");
        await using var snapshot = await database.SnapshotAsync(Databases.Options with { Connections = 1, BlockBytes = 4096 });
        var blocks = new List<(string Table, byte[] Data)>();
        await snapshot.CopyTablesAsync(() => new Collector(block: (table, data) => blocks.Add((table, data))), CancellationToken.None);

        Assert.Single(blocks, static block => block.Table == "public.none" && block.Data.Length == 0);
        var rows = blocks.Where(static block => block.Table == "public.rows").ToList();
        Assert.All(rows, static block => Assert.InRange(block.Data.Length, 1, 4096));
        Assert.All(rows, static block => Assert.True(block.Data[^1] == '\n' || (block.Data.Length == 4096 && !block.Data.Contains((byte)'\n'))));
        await using var command = database.DataSource.CreateCommand("SELECT string_agg(t || E'\\n', '') FROM rows");
        Assert.Equal((string)(await command.ExecuteScalarAsync())!, System.Text.Encoding.ASCII.GetString([.. rows.SelectMany(static block => block.Data)]));
    }

    [Fact]
    public async Task Names_everything_it_cannot_carry_at_once()
    {
        await using var database = await Databases.NewAsync(
            "CREATE SCHEMA elsewhere; CREATE TABLE t (id serial) PARTITION BY RANGE (id); CREATE TABLE elsewhere.t1 PARTITION OF t FOR VALUES FROM (0) TO (9); ALTER SEQUENCE t_id_seq OWNED BY NONE; "
            + "CREATE SEQUENCE elsewhere.u_seq; CREATE TABLE u (id integer DEFAULT nextval('elsewhere.u_seq')); SELECT lo_create(0)");
        await database.ExecuteAsAdminAsync(
            $"CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far; CREATE FOREIGN TABLE abroad (id integer) SERVER away; ALTER FOREIGN TABLE abroad OWNER TO \"{database.Name}\"");

        var refusal = await Databases.RefusesAsync(EngineError.Unsupported, () => database.SnapshotAsync(Databases.Options with { Schemas = ["public"] }));

        Assert.Contains("foreign table public.abroad", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("elsewhere.t1, a child of public.t", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("elsewhere.u_seq, a sequence of public.u", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("1 large objects", refusal.Message, StringComparison.Ordinal);

        // Named in the configuration, they are left out and recorded; what lies in other schemas needs its schema.
        await using var snapshot = await database.SnapshotAsync(Databases.Options with
        {
            Schemas = ["public", "elsewhere"],
            Excluded = ["public.abroad", DatabaseOptions.LargeObjects, "public.t"],
        });
        Assert.Equal(["elsewhere.t1", "public.abroad", "public.t"], snapshot.Schema.Excluded.Order(StringComparer.Ordinal));
        Assert.Equal(["public.u"], snapshot.Schema.Tables.Select(static table => table.ToString()));
    }

    [Fact]
    public async Task Names_what_its_role_may_not_read_completely()
    {
        await using var database = await Databases.NewAsync(
            "CREATE TABLE forced (id integer); ALTER TABLE forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY few ON forced USING (id > 5); INSERT INTO forced VALUES (7)");
        await database.ExecuteAsAdminAsync(
            "CREATE TABLE foreign_to_it (id integer); CREATE SEQUENCE not_its_own; CREATE TABLE policed (id integer); ALTER TABLE policed ENABLE ROW LEVEL SECURITY; GRANT SELECT ON policed TO PUBLIC");

        var refusal = await Databases.RefusesAsync(EngineError.Unsupported, () => database.SnapshotAsync());

        Assert.Contains("table public.foreign_to_it may not be read", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("sequence public.not_its_own may not be read", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("table public.forced has row-level security", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("table public.policed has row-level security", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("NO FORCE", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_who_holds_a_lock()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer)");
        await using var other = new NpgsqlConnection(database.With(static c => c.ApplicationName = "a migration"));
        await other.OpenAsync();
        await using var lockTable = new NpgsqlCommand("BEGIN; LOCK TABLE t", other);
        await lockTable.ExecuteNonQueryAsync();

        var refusal = await Databases.RefusesAsync(EngineError.Busy, () => database.SnapshotAsync());

        Assert.Contains($"process {other.ProcessID} (application \"a migration\"", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("public.t", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Needs_all_its_connections_before_the_first_byte()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer)");
        await database.ExecuteAsAdminAsync($"ALTER ROLE \"{database.Name}\" CONNECTION LIMIT 2");
        await using var source = NpgsqlDataSource.Create(database.With(static c => c.Pooling = false));
        NpgsqlConnection.ClearAllPools();

        var refusal = await Databases.RefusesAsync(
            EngineError.Unavailable, () => DatabaseSnapshot.OpenAsync(source, Databases.Options with { Connections = 4 }, RecordedBackup.NoneEncrypted, CancellationToken.None));

        Assert.Contains("too many connections", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_database_whose_bytes_have_no_meaning()
    {
        var server = await PostgresServer.SharedAsync(18);
        await using var admin = NpgsqlDataSource.Create(server.AdminConnectionString);
        await using (var create = admin.CreateCommand("CREATE DATABASE raw ENCODING 'SQL_ASCII' TEMPLATE template0"))
        {
            await create.ExecuteNonQueryAsync();
        }

        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.AdminConnectionString) { Database = "raw" }.ConnectionString);
        var refusal = await Databases.RefusesAsync(
            EngineError.Unsupported, () => DatabaseSnapshot.OpenAsync(source, Databases.Options, RecordedBackup.NoneEncrypted, CancellationToken.None));
        Assert.Contains("SQL_ASCII", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_a_schema_that_does_not_exist()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer)");
        var refusal = await Databases.RefusesAsync(EngineError.InvalidConfiguration, () => database.SnapshotAsync(Databases.Options with { Schemas = ["public", "publik"] }));
        Assert.Contains("publik", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_sink_stops_everything_with_its_own_error_and_leaves_the_connections_usable()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer, t text); INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 50000) g");
        for (var i = 0; i < 3; i++)
        {
            await using var snapshot = await database.SnapshotAsync(Databases.Options with { BlockBytes = 4096, RangeBytes = 1 << 20 });
            var failure = await Assert.ThrowsAsync<InvalidDataException>(() => snapshot.CopyTablesAsync(
                static () => new Collector(static () => Task.FromException(new InvalidDataException("disk full"))), CancellationToken.None));
            Assert.Equal("disk full", failure.Message);
        }

        Assert.Equal(50000L, await database.QueryAsync<long>("SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task Stops_when_the_server_goes_away()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer, t text); INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 50000) g");
        await using var snapshot = await database.SnapshotAsync(Databases.Options with { BlockBytes = 4096, RangeBytes = 1 << 20 });
        var refusal = await Databases.RefusesAsync(EngineError.Unavailable, () => snapshot.CopyTablesAsync(
            () => new Collector(() => database.ExecuteAsAdminAsync(
                $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{database.Name}'")),
            CancellationToken.None));
        Assert.Contains("public.t", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Can_be_cancelled()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer, t text); INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 50000) g");
        await using var snapshot = await database.SnapshotAsync(Databases.Options with { BlockBytes = 4096 });
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => snapshot.CopyTablesAsync(() => new Collector(stop.CancelAsync), stop.Token));
    }

    [Fact]
    public async Task The_schema_says_which_columns_are_encrypted_and_what_the_primary_key_is()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (b text, \"A\" integer, c numeric(10,2) NOT NULL, g integer GENERATED ALWAYS AS (1) STORED, PRIMARY KEY (c, \"A\") INCLUDE (b))");
        await using var snapshot = await DatabaseSnapshot.OpenAsync(
            database.DataSource, Databases.Options, static (schema, table, column) => column == "b" ? $"{schema}_{table}_{column}" : null, CancellationToken.None);
        var table = Assert.Single(snapshot.Schema.Tables);
        Assert.Equal(["c", "A"], table.PrimaryKey);
        Assert.Equal(["b", "A", "c"], table.Columns.Select(static column => column.Name));
        Assert.Equal(["public_t_b", null, null], table.Columns.Select(static column => column.TransitKey));
        Assert.Equal("numeric(10,2)", table.Columns[2].Type);

        await using var plain = await database.SnapshotAsync();
        Assert.Equal(plain.Schema.Fingerprint, snapshot.Schema.Fingerprint);
    }

    private sealed class Collector(Func<Task>? first = null, Action<string, byte[]>? block = null) : ICopySink
    {
        private readonly Dictionary<string, MemoryStream> _data = [];
        private Func<Task>? _first = first;

        public string Text(string table) => System.Text.Encoding.UTF8.GetString(_data[table].ToArray());

        public async ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            await (Interlocked.Exchange(ref _first, null)?.Invoke() ?? Task.CompletedTask);
            block?.Invoke(table.ToString(), data.ToArray());
            lock (_data)
            {
                if (!_data.TryGetValue(table.ToString(), out var stream))
                {
                    _data[table.ToString()] = stream = new MemoryStream();
                }

                stream.Write(data.Span);
            }
        }
    }
}
