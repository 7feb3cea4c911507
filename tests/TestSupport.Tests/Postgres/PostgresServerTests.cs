using Npgsql;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.TestSupport.Tests.Postgres;

public sealed class PostgresServerTests
{
    public static TheoryData<int> Versions => [.. PostgresBinaries.Installed];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_server_of_each_installed_version_starts_and_gives_a_database_to_an_ordinary_role(int version)
    {
        var server = await PostgresServer.SharedAsync(version);
        await using var database = await server.CreateDatabaseAsync();

        await database.ExecuteAsync("CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)");

        Assert.Equal(2, await database.QueryAsync<long>("SELECT count(*) FROM t"));
        Assert.Equal(version, int.Parse(await database.QueryAsync<string>("SHOW server_version_num"), System.Globalization.CultureInfo.InvariantCulture) / 10_000);
        Assert.False(await database.QueryAsync<bool>(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = current_user"));
        Assert.True(await database.QueryAsync<bool>(
            "SELECT pg_catalog.pg_get_userbyid(datdba) = current_user FROM pg_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task A_disposed_database_is_gone_with_its_owner_although_somebody_is_connected()
    {
        var server = await PostgresServer.SharedAsync(PostgresBinaries.Newest);
        var database = await server.CreateDatabaseAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();

        await database.DisposeAsync();

        await using var admin = NpgsqlDataSource.Create(server.AdminConnectionString);
        await using var command = admin.CreateCommand(
            $"SELECT (SELECT count(*) FROM pg_database WHERE datname = '{database.Name}') + (SELECT count(*) FROM pg_roles WHERE rolname = '{database.Name}')");
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stopped_or_killed_server_comes_back_with_its_data_on_its_port(bool kill)
    {
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id int); INSERT INTO t VALUES (7)");
        var port = server.Port;

        await (kill ? server.KillAsync() : server.StopAsync());
        Assert.Equal(0, server.ProcessId);
        await server.StartAgainAsync();
        NpgsqlConnection.ClearAllPools();

        Assert.Equal(port, server.Port);
        Assert.Equal(7, await database.QueryAsync<int>("SELECT id FROM t"));
    }

    [Fact]
    public async Task A_killed_server_leaves_no_shared_memory_behind()
    {
        var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await server.KillAsync();
        var memory = server.FindSharedMemory();

        await server.DisposeAsync();

        Assert.NotNull(memory);
        Assert.DoesNotContain(memory, ListSharedMemory());
    }

    [Fact]
    public async Task A_server_runs_under_another_account_where_root_has_no_user_namespaces()
    {
        // Only root can become another account; anybody else needs none.
        var account = Environment.IsPrivilegedProcess ? PostgresAccount.Unprivileged : PostgresAccount.Current;

        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest, account, null, CancellationToken.None);
        await using var database = await server.CreateDatabaseAsync();

        Assert.Equal(1, await database.QueryAsync<int>("SELECT 1"));
    }

    [Fact]
    public async Task A_setting_that_PostgreSQL_refuses_stops_the_start_with_its_name()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => PostgresServer.StartAsync(PostgresBinaries.Newest, new Dictionary<string, string> { ["work_mem"] = "'much'" }));

        Assert.Contains("work_mem", exception.Message, StringComparison.Ordinal);
    }

    // The second column of the kernel's table is the id; other systems have no such table.
    private static IEnumerable<string> ListSharedMemory() =>
        (File.Exists("/proc/sysvipc/shm") ? File.ReadLines("/proc/sysvipc/shm") : []).Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
}
