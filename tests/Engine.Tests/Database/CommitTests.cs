using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

public sealed class CommitTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_lost_during_the_commit_leaves_no_doubt(bool beforeTheServerHears)
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer); INSERT INTO t VALUES (1)");
        var backup = await database.BackupAsync();
        await database.ExecuteAsync("UPDATE t SET id = 2");
        await using var proxy = new CommitProxy(database.Server.Port, beforeTheServerHears);
        await using var source = NpgsqlDataSource.Create(database.With(c => { c.Port = proxy.Port; c.Host = "127.0.0.1"; }));
        string id;
        await using (var load = await DatabaseLoad.BeginAsync(source, Databases.Options, backup.Schema, overwrite: true, RecordedBackup.NoneEncrypted, CancellationToken.None))
        {
            await backup.WriteAsync(load);
            await load.SetSequencesAsync(backup.Sequences, CancellationToken.None);
            await load.FinishAsync(CancellationToken.None);
            id = await load.GetTransactionIdAsync(CancellationToken.None);
            Assert.Equal(TransactionOutcome.InProgress, await DatabaseTransactions.GetOutcomeAsync(database.DataSource, id, CancellationToken.None));
            if (beforeTheServerHears)
            {
                var failure = await Databases.RefusesAsync(EngineError.Unavailable, () => load.CommitAsync(CancellationToken.None));
                Assert.Contains("rolled back", failure.Message, StringComparison.Ordinal);
            }
            else
            {
                await load.CommitAsync(CancellationToken.None);
            }
        }

        Assert.Equal(1, proxy.Lost);
        Assert.Equal(
            beforeTheServerHears ? TransactionOutcome.Aborted : TransactionOutcome.Committed,
            await DatabaseTransactions.GetOutcomeAsync(database.DataSource, id, CancellationToken.None));
        Assert.Equal(beforeTheServerHears ? 2 : 1, await database.QueryAsync<int>("SELECT id FROM t"));
    }

    [Fact]
    public async Task An_identifier_that_was_secured_is_given_to_nobody_else_after_a_crash()
    {
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (id integer)");
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("TRUNCATE t", CancellationToken.None);
        var id = (long)(await connection.ScalarAsync("SELECT txid_current()", CancellationToken.None))!;
        await DatabaseTransactions.SecureIdentifiersAsync(database.DataSource, CancellationToken.None);
        await server.KillAsync();
        await server.StartAgainAsync();
        database.DataSource.Clear();
        NpgsqlConnection.ClearAllPools();

        Assert.True(await database.QueryAsync<long>("SELECT txid_current()") > id);
        Assert.Equal(TransactionOutcome.Aborted, await DatabaseTransactions.GetOutcomeAsync(database.DataSource, $"{id}", CancellationToken.None));
    }

    [Fact]
    public async Task A_transaction_the_server_does_not_know_has_no_outcome()
    {
        await using var database = await Databases.NewAsync("SELECT 1");
        Assert.Equal(TransactionOutcome.Unknown, await DatabaseTransactions.GetOutcomeAsync(database.DataSource, "4000000000000", CancellationToken.None));
        await Databases.RefusesAsync(EngineError.InvalidRequest, () => DatabaseTransactions.GetOutcomeAsync(database.DataSource, "1; DROP", CancellationToken.None));
    }

    [Fact]
    public async Task Steps_in_the_wrong_order_are_refused()
    {
        await using var database = await Databases.NewAsync("CREATE TABLE t (id integer)");
        var backup = await database.BackupAsync();
        await using var load = await backup.BeginAsync(database, Databases.Options);
        await Assert.ThrowsAsync<InvalidOperationException>(() => load.CommitAsync(CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(() => load.FinishAsync(CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(() => load.SetSequencesAsync(backup.Sequences, CancellationToken.None));
    }
}
