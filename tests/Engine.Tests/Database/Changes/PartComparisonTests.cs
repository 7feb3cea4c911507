using System.Globalization;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Database.Changes;
using TfeBackup.TestSupport.Postgres;
using Xunit;
using Xunit.Abstractions;

namespace TfeBackup.Engine.Tests.Database.Changes;

/// <summary>What is taken for unchanged without being read is unchanged, whatever happened in between; and what did not change is not read.</summary>
public sealed class PartComparisonTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> Settings = new() { ["max_prepared_transactions"] = "50", ["wal_level"] = "minimal", ["max_wal_senders"] = "0" };

    public static TheoryData<int> Versions => [.. PostgresBinaries.Installed];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_is_taken_for_unchanged_is_unchanged(int version)
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("TFEBACKUP_TEST_ROUNDS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : 12;
        var seed = int.TryParse(Environment.GetEnvironmentVariable("TFEBACKUP_TEST_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        output.WriteLine($"TFEBACKUP_TEST_SEED={seed}");
        await using var server = await PostgresServer.StartAsync(version, Settings);
        await using var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(RandomChanges.Definitions);
        await database.ExecuteAsync(
            "INSERT INTO plain (n, s) SELECT i, 'row ' || i FROM generate_series(1, 400) i; INSERT INTO hot (n) SELECT i FROM generate_series(1, 1000) i; "
            + "INSERT INTO leaves (n, s) SELECT i % 10, repeat('l', 60) FROM generate_series(1, 1500) i; INSERT INTO child (n, s) SELECT i, 'c' FROM generate_series(1, 800) i");
        var compared = new ComparedDatabase(database, pages: 2);
        var (unchanged, read) = (0L, 0L);
        await using (var changes = new RandomChanges(database, new Random(seed)))
        {
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < 12; i++)
                {
                    await changes.ChangeAsync();
                }

                await compared.ReadAsync();
                Assert.True(round == 0 || compared.Break is null, compared.Break);
                unchanged += compared.Unchanged.Values.Sum();
                read += compared.Read.Values.Sum();
            }

            output.WriteLine(string.Join('\n', changes.Done));
            await changes.FinishAsync();
        }

        output.WriteLine($"{unchanged} parts unchanged, {read} read");
        Assert.InRange(unchanged, 1, long.MaxValue);

        // Old transactions hold the beginning of the range back; without any, nothing is read that did not change.
        await compared.ReadAsync();
        await compared.ReadAsync();
        Assert.Equal(0, compared.Read.Values.Sum());
        Assert.InRange(compared.Unchanged.Values.Sum(), 10, long.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Only_the_parts_that_changed_are_read(int version)
    {
        await using var database = await Databases.NewAsync(
            "CREATE TABLE t (id integer, s text) WITH (autovacuum_enabled = off); INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 3000) i", version);
        var compared = new ComparedDatabase(database, pages: 4);
        await compared.ReadAsync();
        Assert.Equal(13, compared.Read["public.t"]);

        await database.ExecuteAsync("DELETE FROM t WHERE id = 1");
        await compared.ReadAsync();
        Assert.Equal((12, 1), (compared.Unchanged["public.t"], compared.Read["public.t"]));

        // The new version of the row is shorter and fits into the page of the old one.
        await database.ExecuteAsync("UPDATE t SET s = 'new' WHERE id = 1500");
        await compared.ReadAsync();
        Assert.Equal((12, 1), (compared.Unchanged["public.t"], compared.Read["public.t"]));

        await database.ExecuteAsync("BEGIN; UPDATE t SET s = 'never'; ROLLBACK");
        await compared.ReadAsync();
        Assert.Equal(13, compared.Unchanged["public.t"]);

        await database.ExecuteAsync("BEGIN; SELECT count(*) FROM (SELECT FROM t FOR UPDATE) l; COMMIT");
        await compared.ReadAsync();
        Assert.Equal(0, compared.Read["public.t"]);
    }

    [Fact]
    public async Task A_part_is_looked_up_by_its_pages_alone()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer, s text); INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 3000) i; ANALYZE t");
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", default);
        var server = await ServerInfo.ReadAsync(connection, default);
        var now = await HistoryPoint.ReadAsync(connection, server, default);

        var plan = await connection.QueryAsync(
            $"EXPLAIN {PartComparison.ByRange("t", 4)}", static row => row.GetString(0), default, new long[] { 0, 1 }, new long[] { 1, 1 }, new long[] { (long)now.Xmax, 1 });

        Assert.Contains(plan, static line => line.Contains("Tid Range Scan", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, static line => line.Contains("Seq Scan", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ids_are_compared_modulo_two_to_the_thirty_second()
    {
        const ulong Round = 1UL << 32;
        await using var database = await Databases.NewAsync("SELECT 1");
        await using var connection = await database.DataSource.OpenConnectionAsync();
        ulong[] since = [3, 1000, Round - 5, Round, Round + 3, (7 * Round) - 1, 7 * Round];
        ulong[] distances = [0, 1, 2, 10, 2_147_483_648, Round - 1];
        foreach (var xmin in since)
        {
            foreach (var distance in distances)
            {
                ulong[] ids = [xmin - 1, xmin, xmin + 1, xmin + (distance / 2), xmin + distance - 1, xmin + distance, xmin + distance + 1];
                foreach (var id in ids.Where(id => id >= xmin && id < xmin + Round))
                {
                    var sql = PartComparison.IsNewer(
                        string.Create(CultureInfo.InvariantCulture, $"'{id % Round}'::xid"),
                        string.Create(CultureInfo.InvariantCulture, $"{xmin % Round}::bigint"),
                        string.Create(CultureInfo.InvariantCulture, $"{distance}::bigint"));
                    Assert.True(id < xmin + distance == (bool)(await connection.ScalarAsync($"SELECT {sql}", default))!, $"{id} in [{xmin}, {xmin} + {distance})");
                }
            }
        }
    }

    [Fact]
    public async Task Parts_that_were_compared_a_whole_round_of_ids_ago_are_read()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer); INSERT INTO t VALUES (1)");
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", default);
        var server = await ServerInfo.ReadAsync(connection, default);
        var read = await HistoryPoint.ReadAsync(connection, server, default);
        TablePart[] known = [new TablePart(0, 1, read.Xmax)];

        Assert.Equal([0], await PartComparison.FindUnchangedAsync(connection, server, "t", 4, known, read, default));
        Assert.Equal([0], await PartComparison.FindUnchangedAsync(connection, server, "t", 4, known, read with { Xmax = read.Xmax + 1 }, default));
        Assert.Empty(await PartComparison.FindUnchangedAsync(connection, server, "t", 4, known, read with { Xmax = read.Xmax + (1UL << 32) }, default));
        Assert.Empty(await PartComparison.FindUnchangedAsync(connection, server, "t", 4, [new TablePart(0, 2, read.Xmax)], read, default));
        Assert.Empty(await PartComparison.FindUnchangedAsync(connection, server, "t", 4, [new TablePart(0, 1, read.Xmax - 1)], read, default));
        Assert.Empty(await PartComparison.FindUnchangedAsync(connection, server, "t", 4, [new TablePart(0, 1, read.Xmax + 5)], read, default));
    }
}
