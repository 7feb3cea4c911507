using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>What many small tables cost: commands sent one after the other, and files that the server makes anew.</summary>
public sealed class ManyTablesTests
{
    [Fact]
    public async Task A_table_more_costs_a_copy_and_hardly_another_command()
    {
        var few = await MeasureAsync(20);
        var many = await MeasureAsync(120);

        Assert.Equal(100, many.Backup.Copies - few.Backup.Copies);
        Assert.Equal(100, many.Restore.Copies - few.Restore.Copies);
        Assert.InRange(many.Backup.Commands - few.Backup.Commands, 0, 25);
        Assert.InRange(many.Restore.Commands - few.Restore.Commands, 0, 25);
    }

    [Fact]
    public async Task Small_tables_keep_their_storage_and_indexes_and_large_ones_get_new_ones()
    {
        const string tables = "CREATE TABLE small (id integer PRIMARY KEY, t text); CREATE INDEX small_t ON small (t); "
            + "CREATE TABLE large (id integer PRIMARY KEY, t text); CREATE INDEX large_t ON large (t); COMMENT ON INDEX large_t IS 'c'; "
            + "CREATE TABLE growing (id integer, t text); CREATE INDEX growing_t ON growing (t);";
        await using var old = await Databases.NewAsync(
            tables + "INSERT INTO small SELECT i, md5(i::text) FROM generate_series(1, 100) i; INSERT INTO large SELECT i, md5(i::text) FROM generate_series(1, 40000) i; "
            + "INSERT INTO growing SELECT i, md5(i::text) FROM generate_series(1, 300000) i");
        await using var target = await Databases.NewAsync(tables);
        var definitions = await DatabaseContent.DefinitionsAsync(target);
        var before = await FilesAsync(target);

        var backup = await old.BackupAsync();
        await using (var load = await backup.BeginAsync(target, Databases.Options))
        {
            var schema = backup.Schema;
            foreach (var (_, name, data) in backup.Blocks)
            {
                // As from a backup whose blocks are smaller than those of today.
                var table = schema.Tables.Single(t => t.ToString() == name);
                var step = name == "public.growing" ? 100_000 : data.Length;
                for (var at = 0; at < data.Length; at += Math.Max(step, 1))
                {
                    await load.WriteAsync(table, data.AsMemory(at, Math.Min(step, data.Length - at)), CancellationToken.None);
                }
            }

            await load.SetSequencesAsync(backup.Sequences, CancellationToken.None);
            await load.FinishAsync(CancellationToken.None);
            await load.CommitAsync(CancellationToken.None);
        }

        DatabaseContent.AssertSame(await DatabaseContent.RowsAsync(old), await DatabaseContent.RowsAsync(target));
        DatabaseContent.AssertSame(definitions, await DatabaseContent.DefinitionsAsync(target));
        var after = await FilesAsync(target);
        Assert.Equal(["growing", "small", "small_pkey", "small_t"], before.Intersect(after).Select(static file => file.Split(' ')[0]).Order());
    }

    [Fact]
    public async Task Rows_of_a_target_that_is_overwritten_are_gone_also_where_tables_stay_empty()
    {
        const string tables = "CREATE TABLE a (id integer PRIMARY KEY); CREATE TABLE b (id integer PRIMARY KEY); CREATE TABLE c (id integer PRIMARY KEY);";
        await using var old = await Databases.NewAsync(tables + "INSERT INTO a VALUES (1); INSERT INTO c VALUES (3)");
        await using var target = await Databases.NewAsync(tables + "INSERT INTO b VALUES (2); INSERT INTO c VALUES (3); DELETE FROM c");

        await (await old.BackupAsync()).RestoreAsync(target, Databases.Options, overwrite: true);

        DatabaseContent.AssertSame(await DatabaseContent.RowsAsync(old), await DatabaseContent.RowsAsync(target));
    }

    private static async Task<List<string>> FilesAsync(PostgresDatabase database)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        return await connection.QueryAsync(
            "SELECT relname || ' ' || pg_relation_filenode(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')",
            static row => row.GetString(0),
            CancellationToken.None);
    }

    private static async Task<((int Commands, int Copies) Backup, (int Commands, int Copies) Restore)> MeasureAsync(int tables)
    {
        var definitions = string.Concat(Enumerable.Range(0, tables).Select(static i =>
            $"CREATE TABLE t{i} (id serial PRIMARY KEY, parent integer REFERENCES t{i / 2}, name text NOT NULL, CHECK (length(name) > 0)); CREATE INDEX t{i}_name ON t{i} (name);"));
        var rows = string.Concat(Enumerable.Range(0, tables).Select(static i => $"INSERT INTO t{i} (name) SELECT 'row ' || i FROM generate_series(1, 10) i;"));
        await using var old = await Databases.NewAsync(definitions + rows);
        await using var target = await Databases.NewAsync(definitions);

        using var counter = new Counter();
        await using var source = Counted(old, counter);
        RecordedBackup backup;
        await using (var snapshot = await DatabaseSnapshot.OpenAsync(source, Databases.Options, RecordedBackup.NoneEncrypted, CancellationToken.None))
        {
            backup = new RecordedBackup { SchemaJson = DatabaseJson.Write(snapshot.Schema), SequencesJson = [] };
            await snapshot.CopyTablesAsync(backup.NewSink, CancellationToken.None);
            Assert.Empty((await snapshot.FindBrokenAsync(CancellationToken.None)).Broken);
            backup.SequencesJson = DatabaseJson.Write(await snapshot.ReadSequencesAsync(CancellationToken.None));
        }

        var taken = counter.Take();
        await using var restored = Counted(target, counter);
        await using (var load = await DatabaseLoad.BeginAsync(restored, Databases.Options, backup.Schema, false, RecordedBackup.NoneEncrypted, CancellationToken.None))
        {
            await backup.WriteAsync(load);
            await load.SetSequencesAsync(backup.Sequences, CancellationToken.None);
            await load.FinishAsync(CancellationToken.None);
            await load.CommitAsync(CancellationToken.None);
        }

        var loaded = counter.Take();
        DatabaseContent.AssertSame(await DatabaseContent.RowsAsync(old), await DatabaseContent.RowsAsync(target));
        return (taken, loaded);
    }

    private static NpgsqlDataSource Counted(PostgresDatabase database, Counter counter) =>
        new NpgsqlDataSourceBuilder(database.ConnectionString).UseLoggerFactory(counter).Build();

    /// <summary>Counts what Npgsql says it has done.</summary>
    private sealed class Counter : ILoggerFactory, ILogger
    {
        private readonly ConcurrentQueue<string> _said = new();

        public (int Commands, int Copies) Take()
        {
            var said = _said.ToArray();
            _said.Clear();
            return (said.Count(static s => s.StartsWith("Command execution completed", StringComparison.Ordinal) || s.StartsWith("Batch execution completed", StringComparison.Ordinal)),
                said.Count(static s => s.StartsWith("Starting text ", StringComparison.Ordinal) || s.StartsWith("Starting raw ", StringComparison.Ordinal)));
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _said.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
