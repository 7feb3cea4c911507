using System.Globalization;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Database.Parts;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database.Parts;

public sealed class PartRuleTests
{
    private const string Tables =
        """
        CREATE TYPE mood AS ENUM ('m1', 'other');
        CREATE TABLE t0 (id integer, n integer, t text) WITH (fillfactor = 60);
        CREATE TABLE t1 (id integer PRIMARY KEY, n integer, t text, m mood DEFAULT 'm1');
        CREATE TABLE t2 (id integer, n integer, t text);
        INSERT INTO t0 SELECT g, g, 'first' FROM generate_series(1, 3000) g;
        INSERT INTO t1 SELECT g, g, 'first' FROM generate_series(1, 3000) g;
        INSERT INTO t2 SELECT g, g, repeat('y', g % 50) FROM generate_series(1, 3000) g;
        """;

    public static TheoryData<int> Versions => [.. PostgresBinaries.Installed];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_is_said_to_be_unchanged_is_unchanged(int majorVersion)
    {
        await using var server = await StartAsync(majorVersion);
        await using var database = await server.CreateDatabaseAsync("parts");
        await database.ExecuteAsync(Tables);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var changes = new RandomChanges(database, random);
        var compared = new ComparedTables(database, pagesPerPart: 2);
        await compared.CompareAsync("the beginning");
        var before = (compared.Changed, compared.Unchanged);
        for (var round = 0; round < Rounds; round++)
        {
            var done = new List<string> { $"seed {seed}, round {round}" };
            for (var i = random.Next(1, 8); i > 0; i--)
            {
                done.Add(await changes.ChangeAsync());
            }

            await compared.CompareAsync(string.Join(", ", done));
        }

        Assert.True(compared.Changed > before.Changed && compared.Unchanged > before.Unchanged, $"{before} to {(compared.Changed, compared.Unchanged)}");
        await changes.EndAllAsync();
        await compared.CompareAsync("the end of everything open");

        // What rests is not read again, whatever was done to it without changing it.
        await compared.CompareAsync("one more");
        Assert.Equal(0, await compared.CompareAsync("nothing"));
        await database.ExecuteAsync("BEGIN; SELECT FROM t0 FOR UPDATE; SELECT FROM t1 FOR SHARE; COMMIT; CREATE INDEX ON t2 (n); ANALYZE");
        await database.ExecuteAsync("VACUUM (FREEZE) t0");
        await database.ExecuteAsync("BEGIN; DELETE FROM t2; ROLLBACK");
        Assert.Equal(0, await compared.CompareAsync("locks, freezing and what was rolled back"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_small_change_is_a_few_parts(int majorVersion)
    {
        await using var database = await (await PostgresServer.SharedAsync(majorVersion)).CreateDatabaseAsync("parts");
        await database.ExecuteAsync(Tables);
        var compared = new ComparedTables(database, pagesPerPart: 2);
        var all = await compared.CompareAsync("the beginning");
        await compared.CompareAsync("nothing");
        await database.ExecuteAsync("UPDATE t0 SET n = -1 WHERE id = 1500");
        Assert.InRange(await compared.CompareAsync("an update"), 1, all / 4);
        await database.ExecuteAsync("DELETE FROM t1 WHERE id = 1");
        Assert.InRange(await compared.CompareAsync("a deletion"), 1, all / 4);
    }

    /// <summary>What had not ended under the snapshot of a comparison is found by the next, however late it ends.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_transaction_that_was_open_or_prepared_during_a_comparison_is_found_once_it_ends(int majorVersion)
    {
        await using var server = await StartAsync(majorVersion);
        await using var database = await server.CreateDatabaseAsync("parts");
        await database.ExecuteAsync(Tables);
        var compared = new ComparedTables(database, pagesPerPart: 2);
        await compared.CompareAsync("the beginning");
        await using var open = await database.DataSource.OpenSessionAsync(default);

        // In pages with room, so that no part has more or fewer rows than before.
        await open.ExecuteAsync("BEGIN; SAVEPOINT a; UPDATE t0 SET n = -1 WHERE id = 1500; RELEASE a", default);
        await database.ExecuteAsync("BEGIN; UPDATE t0 SET n = -2 WHERE id = 100; PREPARE TRANSACTION 'p'");
        await database.ExecuteAsync("INSERT INTO t1 (id) VALUES (10000)");
        await compared.CompareAsync("both under way");
        await database.ExecuteAsync("INSERT INTO t1 (id) VALUES (10001)");
        Assert.Equal(1, await compared.CompareAsync("both still under way"));
        await open.ExecuteAsync("COMMIT", default);
        Assert.Equal(2, await compared.CompareAsync("one ended, and the last row of t1 as new as the other"));
        await database.ExecuteAsync("COMMIT PREPARED 'p'");
        Assert.InRange(await compared.CompareAsync("the other ended"), 1, 4);
        await compared.CompareAsync("nothing");
        Assert.Equal(0, await compared.CompareAsync("nothing"));
    }

    /// <summary>xmin holds half of a number: the interval is one modulo 2^32, wherever it lies.</summary>
    [Fact]
    public async Task An_inserter_is_newer_modulo_the_half_of_its_number_that_a_row_holds()
    {
        await using var database = await Databases.NewAsync("SELECT 1");
        await using var connection = await database.DataSource.OpenSessionAsync(default);
        var server = await ServerInfo.ReadAsync(connection, default);
        var random = new Random(1);
        long[] places = [3, 1000, (1L << 31) - 5, 1L << 31, (1L << 32) - 5, (1L << 32) + 3, (7L << 32) - 100, (9L << 32) + (1L << 31)];
        long[] lengths = [0, 1, 2, 100, 10_000, 1L << 31, (1L << 32) - 1, 1L << 32, 5L << 32];
        foreach (var snapshot in places)
        {
            foreach (var length in lengths)
            {
                var xmax = snapshot + length;
                uint[] inserters = [0, 1, 2, 3, uint.MaxValue, (uint)snapshot, (uint)(snapshot - 1), (uint)xmax, (uint)(xmax - 1), (uint)random.NextInt64(1L << 32)];
                var newer = (await connection.QueryAsync(
                    $"SELECT xmin::text FROM (SELECT x::xid FROM unnest($1::text[]) AS u(x)) AS t(xmin) WHERE {new PartRule(server, xmax).IsNewer(snapshot)}",
                    static row => uint.Parse(row.GetString(0), CultureInfo.InvariantCulture),
                    default,
                    (object)inserters.Select(x => x.ToString(CultureInfo.InvariantCulture)).ToArray())).ToHashSet();
                foreach (var inserter in inserters)
                {
                    // By definition: some number with that lower half lies in [snapshot, xmax).
                    var firstBehind = snapshot + (uint)(inserter - (uint)snapshot);
                    Assert.Equal(firstBehind < xmax, newer.Contains(inserter));
                }
            }
        }
    }

    internal static Task<PostgresServer> StartAsync(int majorVersion) => PostgresServer.StartAsync(
        majorVersion, new Dictionary<string, string> { ["max_prepared_transactions"] = "100", ["autovacuum_naptime"] = "1", ["autovacuum_vacuum_threshold"] = "5" });

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("TFEBACKUP_TEST_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 30;
}
