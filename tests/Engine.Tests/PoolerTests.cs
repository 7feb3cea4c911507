using Npgsql;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests;

/// <summary>The installation's lock through a connection pooler, which lends sessions out again with every transaction.</summary>
public sealed class PoolerTests
{
    [PgBouncerTheory]
    [InlineData("transaction")]
    [InlineData("session")]
    public async Task The_lock_holds_while_it_is_held_and_leaves_nothing_behind(string poolMode)
    {
        await using var database = await (await PostgresServer.SharedAsync(PostgresBinaries.Newest)).CreateDatabaseAsync("pooled");
        await using var bouncer = await PgBouncer.StartAsync(database, poolMode);
        await using var first = NpgsqlDataSource.Create(bouncer.ConnectionString);
        await using var second = NpgsqlDataSource.Create(bouncer.ConnectionString + ";Application Name=second");

        await using (var held = await InstallationLock.AcquireExclusiveAsync(first, default))
        {
            // Other transactions come and go over the same server connections, and clear their sessions.
            for (var i = 0; i < 5; i++)
            {
                await using var connection = await second.OpenConnectionAsync();
                await using var command = new NpgsqlCommand("DISCARD ALL", connection);
                await command.ExecuteNonQueryAsync();
            }

            await held.EnsureHeldAsync(default);
            Assert.Equal(EngineError.Busy, (await Assert.ThrowsAsync<EngineException>(() => InstallationLock.AcquireSharedAsync(second, default))).Error);
            Assert.Equal(InstallationUse.Restore, await InstallationLock.FindUseAsync(second, default));
        }

        await using (await InstallationLock.AcquireSharedAsync(second, default))
        await using (await InstallationLock.AcquireSharedAsync(first, default))
        {
            Assert.Equal(InstallationUse.Backup, await InstallationLock.FindUseAsync(second, default));
        }

        Assert.Equal(InstallationUse.None, await InstallationLock.FindUseAsync(first, default));
        Assert.Equal(0, await database.QueryAsync<long>(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"));
    }

    [PgBouncerTheory]
    [InlineData("statement")]
    public async Task A_pooler_without_transactions_is_refused_by_name(string poolMode)
    {
        await using var database = await (await PostgresServer.SharedAsync(PostgresBinaries.Newest)).CreateDatabaseAsync("pooled");
        await using var bouncer = await PgBouncer.StartAsync(database, poolMode);
        await using var source = NpgsqlDataSource.Create(bouncer.ConnectionString);

        var failure = await Assert.ThrowsAsync<EngineException>(() => InstallationLock.AcquireSharedAsync(source, default));

        Assert.Equal(EngineError.Unsupported, failure.Error);
        Assert.Contains("pool_mode", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_limit_for_idle_transactions_ends_it()
    {
        await using var database = await (await PostgresServer.SharedAsync(PostgresBinaries.Newest)).CreateDatabaseAsync("idle");
        await database.ExecuteAsAdminAsync($"""
            ALTER ROLE "{database.Name}" SET idle_in_transaction_session_timeout = '200ms';
            ALTER ROLE "{database.Name}" SET transaction_timeout = '200ms'
            """);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var held = await InstallationLock.AcquireExclusiveAsync(source, default);

        // Another session in the same state shows that the limit has passed.
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("SELECT pg_sleep(5)", connection, transaction);
        await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());

        await held.EnsureHeldAsync(default);
    }
}

/// <summary>A theory that needs PgBouncer, and says so where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PgBouncerTheoryAttribute : TheoryAttribute
{
    public PgBouncerTheoryAttribute() => Skip = PgBouncer.IsInstalled ? null : "pgbouncer is not installed";
}
