using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Database.Changes;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database.Changes;

/// <summary>Two moments are compared only on one history of one server.</summary>
public sealed class HistoryPointTests
{
    public static TheoryData<int> Versions => [.. PostgresBinaries.Installed];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_running_server_continues_its_history_and_a_restart_ends_it(int version)
    {
        await using var server = await PostgresServer.StartAsync(version);
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id integer)");
        var first = await ReadAsync(database);
        await database.ExecuteAsync("INSERT INTO t VALUES (1)");
        var second = await ReadAsync(database);

        Assert.Null(second.BreakSince(first));
        Assert.Equal("the database server is at an earlier point of its history", first.BreakSince(second));
        Assert.True(second.Xmax > first.Xmax && second.WalPosition > first.WalPosition);

        await server.StopAsync();
        await server.StartAgainAsync();
        Assert.Equal("the database server was restarted", (await ReadAsync(database)).BreakSince(second));

        await server.StartAgainAsStandbyAsync();
        Assert.StartsWith("the database server is a standby", (await ReadAsync(database)).BreakSince(second), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_server_another_timeline_and_another_version_are_named()
    {
        await using var database = await Databases.NewAsync("SELECT 1");
        var point = await ReadAsync(database);

        Assert.Equal(
            $"the database server is another one: its system identifier was 1 and is {point.SystemIdentifier}", point.BreakSince(point with { SystemIdentifier = "1" }));
        Assert.Equal("the database server is on another timeline: it was 00000007 and is 00000001", point.BreakSince(point with { Timeline = "00000007" }));
        Assert.Equal("the database server was upgraded from PostgreSQL 17 to 18", point.BreakSince(point with { Major = 17 }));
        Assert.StartsWith("the database server does not show its system identifier", point.BreakSince(point with { SystemIdentifier = null }), StringComparison.Ordinal);
        Assert.Null(point.BreakSince(point));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_a_role_may_not_read_is_no_failure(int version)
    {
        await using var server = await PostgresServer.StartAsync(version);
        await using var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsAdminAsync("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC; REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM PUBLIC");

        var point = await ReadAsync(database);

        Assert.Null(point.SystemIdentifier);
        Assert.Null(point.Timeline);
        Assert.NotNull(point.BreakSince(point));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task An_idle_server_writes_what_a_snapshot_showed(int version)
    {
        await using var server = await PostgresServer.StartAsync(version, new Dictionary<string, string> { ["synchronous_commit"] = "off", ["autovacuum"] = "off" });
        await using var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
        for (var i = 0; i < 10; i++)
        {
            // What is rolled back is in the WAL, and nobody waits for it.
            await database.ExecuteAsync("BEGIN; UPDATE t SET i = i + 1 WHERE i < 5; ROLLBACK");
            var point = await ReadAsync(database);
            await using var connection = await database.DataSource.OpenConnectionAsync();

            Assert.True(await point.IsDurableAsync(connection, TimeSpan.FromSeconds(30), default));
            Assert.True((ulong)await database.QueryAsync<NpgsqlTypes.NpgsqlLogSequenceNumber>("SELECT pg_current_wal_flush_lsn()") >= point.WalPosition);
        }
    }

    private static async Task<HistoryPoint> ReadAsync(PostgresDatabase database)
    {
        // A connection of the pool may be one to the server before its restart.
        await using var connection = new NpgsqlConnection(database.With(static builder => builder.Pooling = false));
        await connection.OpenAsync();
        await connection.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", default);
        return await HistoryPoint.ReadAsync(connection, await ServerInfo.ReadAsync(connection, default), default);
    }
}
