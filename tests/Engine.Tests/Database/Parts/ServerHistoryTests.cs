using System.Diagnostics;
using Npgsql;
using TfeBackup.Archive.Packs;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Database.Parts;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database.Parts;

public sealed class ServerHistoryTests
{
    public static TheoryData<int> Versions => [.. PostgresBinaries.Installed];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_server_goes_on_its_history_until_it_starts_again(int majorVersion)
    {
        await using var server = await PostgresServer.StartAsync(majorVersion);
        await using var database = await server.CreateDatabaseAsync("history");
        await using var other = await server.CreateDatabaseAsync("history");
        var first = await ReadAsync(database);
        await database.ExecuteAsync("CREATE TABLE t (n integer); INSERT INTO t VALUES (1)");
        var second = await ReadAsync(database);

        Assert.Equal((1L, majorVersion), (first!.Timeline, first.ServerVersion / 10000));
        Assert.True(second!.Lsn > first.Lsn && second.Xmax > first.Xmax);
        Assert.Null(ServerHistory.WhyNotSame(first, second));
        Assert.Null(ServerHistory.WhyNotSame(second, second));
        Assert.Contains("earlier point", ServerHistory.WhyNotSame(second, first));
        Assert.Contains("another database", ServerHistory.WhyNotSame(first, await ReadAsync(other)));
        Assert.Contains("was not known", ServerHistory.WhyNotSame(null, first));
        Assert.Contains("cannot be read", ServerHistory.WhyNotSame(first, null));

        await server.KillAsync();
        await server.StartAgainAsync();
        NpgsqlConnection.ClearAllPools();
        var third = await ReadAsync(database);
        Assert.Contains("started again", ServerHistory.WhyNotSame(second, third));

        // A standby has none; once it is promoted it is on another.
        await server.StartAgainAsStandbyAsync();
        NpgsqlConnection.ClearAllPools();
        Assert.Null(await ReadAsync(database));
        await database.ExecuteAsAdminAsync("SELECT pg_promote()");
        await WaitFor.ConditionAsync(async () => await ReadAsync(database) is not null, "the promotion", TimeSpan.FromSeconds(60));
        var promoted = await ReadAsync(database);
        Assert.Equal(2, promoted!.Timeline);
        Assert.Contains("timeline 2", ServerHistory.WhyNotSame(third, promoted));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task An_idle_server_flushes_what_a_snapshot_saw(int majorVersion)
    {
        await using var server = await PostgresServer.StartAsync(
            majorVersion, new Dictionary<string, string> { ["synchronous_commit"] = "off", ["autovacuum"] = "off" });
        await using var database = await server.CreateDatabaseAsync("history");
        await database.ExecuteAsync("CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) n");
        await using var connection = await database.DataSource.OpenSessionAsync(default);
        for (var i = 0; i < 10; i++)
        {
            // What is rolled back stands in the WAL, and nobody waits for it.
            await database.ExecuteAsync("BEGIN; UPDATE t SET n = n + 1 WHERE n < 5; ROLLBACK");
            var history = await ReadAsync(database);
            Assert.True(await ServerHistory.WaitFlushedAsync(connection, history!, TimeSpan.FromSeconds(60), default));
            Assert.False(await ServerHistory.WaitFlushedAsync(connection, history! with { Lsn = history.Lsn + (1L << 40) }, TimeSpan.Zero, default));
        }
    }

    /// <summary>A server whose process survives recovers under the same start time: only flushed WAL tells that nothing was lost.</summary>
    [Fact]
    public async Task The_crash_of_one_process_does_not_show_in_the_time_the_server_started()
    {
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var database = await server.CreateDatabaseAsync("history");
        var before = await ReadAsync(database);
        var process = await database.QueryAsync<int>("SELECT pg_backend_pid()");
        Process.GetProcessById(process).Kill();
        await WaitFor.ConditionAsync(() => Task.FromResult(server.ReadLog().Contains("reinitializing", StringComparison.Ordinal)), "recovery", TimeSpan.FromSeconds(60));
        DatabaseHistory? after = null;
        await WaitFor.ConditionAsync(
            async () =>
            {
                NpgsqlConnection.ClearAllPools();
                try
                {
                    after = await ReadAsync(database);
                    return true;
                }
                catch (NpgsqlException)
                {
                    return false;
                }
            },
            "the server to be back",
            TimeSpan.FromSeconds(60));
        Assert.Equal(before!.Started, after!.Started);
    }

    private static async Task<DatabaseHistory?> ReadAsync(PostgresDatabase database)
    {
        await using var connection = await database.DataSource.OpenSessionAsync(default);
        await connection.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", default);
        return await ServerHistory.ReadAsync(connection, default);
    }
}
