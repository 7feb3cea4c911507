using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>What administrators set for the role, the database or the server does not end a session that has to wait.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task A_session_waits_as_long_as_it_has_to_whatever_its_role_says()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer)");
        foreach (var setting in (string[])
            ["idle_session_timeout = '90ms'", "idle_in_transaction_session_timeout = '90ms'", "transaction_timeout = '90ms'", "lock_timeout = 7", "default_transaction_read_only = on", "default_transaction_isolation = 'serializable'"])
        {
            await database.ExecuteAsAdminAsync($"ALTER ROLE \"{database.Name}\" SET {setting}");
        }

        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var held = await InstallationLock.AcquireExclusiveAsync(source, CancellationToken.None);
        await using var session = await source.OpenSessionAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(
            "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name LIKE '%\\_timeout' AND context = 'user' AND name ~ 'statement|lock|idle|transaction' OR name LIKE 'default\\_transaction%'", session);
        Assert.Equal("off read committed off 0 0 0 0 0", await command.ExecuteScalarAsync());

        // A session without these settings is ended meanwhile, so the others have outlived the limit.
        await using var other = await source.OpenConnectionAsync();
        await using var admin = NpgsqlDataSource.Create(database.AdminConnectionString);
        await WaitFor.ConditionAsync(
            async () =>
            {
                await using var sessions = admin.CreateCommand($"SELECT count(*) FROM pg_stat_activity WHERE pid = {other.ProcessID}");
                return await sessions.ExecuteScalarAsync() is 0L;
            },
            "the idle session's end",
            TimeSpan.FromSeconds(20));
        await held.EnsureHeldAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_transaction_waits_as_long_as_it_has_to_where_a_pooler_gives_it_another_session()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer)");
        foreach (var setting in (string[])["statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"])
        {
            await database.ExecuteAsAdminAsync($"ALTER ROLE \"{database.Name}\" SET {setting} = '1h'");
        }

        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        _ = await SessionSettings.PinAsync(connection, TimeSpan.FromSeconds(1), CancellationToken.None);
        await using var command = new NpgsqlCommand(
            "SELECT string_agg(setting, ' ') FROM pg_settings WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')", connection);
        Assert.Equal("0 0 0", await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_session_that_the_server_ended_in_the_pool_is_replaced()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer)");
        await using var source = NpgsqlDataSource.Create(database.With(static c => c.ApplicationName = "pooled"));
        await using (await source.OpenConnectionAsync())
        {
            await using var second = await source.OpenConnectionAsync();
        }

        await database.ExecuteAsAdminAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pooled'");
        await using var session = await source.OpenSessionAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand("SELECT 1", session);
        Assert.Equal(1, await command.ExecuteScalarAsync());
    }

    [Theory]
    [InlineData(12)]
    [InlineData(18)]
    public async Task Servers_that_do_not_know_a_setting_do_without_it(int version)
    {
        await using var database = await (await PostgresServer.SharedAsync(version)).CreateDatabaseAsync();
        await using var session = await database.DataSource.OpenSessionAsync(CancellationToken.None);
        Assert.Equal(System.Data.ConnectionState.Open, session.State);
    }
}
