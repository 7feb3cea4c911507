using Npgsql;
using TfeBackup.Engine.Restores;
using TfeBackup.Engine.Tests.Database;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Restores;

/// <summary>Whatever breaks around a restore's commit, rows and objects end as those of one moment, and everybody is told which.</summary>
public sealed class RestoreRecoveryTests
{
    [Fact]
    public async Task A_promotion_that_is_stuck_is_tried_until_it_can_and_stops_only_what_would_be_torn()
    {
        await using var source = await SmallInstallation.CreateAsync("restored");
        var backup = await source.BackupAsync();
        await using var target = await SmallInstallation.CreateAsync("before");
        target.BeforeStep = step =>
        {
            if (step == "put an object in place")
            {
                throw new IOException("It is read-only.");
            }
        };
        var failure = await Assert.ThrowsAsync<EngineException>(() => target.RestoreAsync(backup));
        Assert.Equal(EngineError.Unavailable, failure.Error);
        Assert.Contains("restored and committed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("It is read-only.", failure.Message, StringComparison.Ordinal);
        Assert.Equal(RestoreState.Committed, (await target.Ledger.FindAsync("r", default)).State);
        Assert.Equal("restored before", await target.StatesAsync());

        var refused = await Assert.ThrowsAsync<EngineException>(() => target.BackupAsync());
        Assert.Contains("a backup without objects", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await target.BackupAsync(Stream.Null, skipObjects: true)).Rows);
        await Assert.ThrowsAsync<EngineException>(() => target.Recovery.RunAsync(default));

        target.BeforeStep = null;
        Assert.Equal(1, await target.Recovery.RunAsync(default));
        Assert.Equal("restored", await target.StatesAsync());
        Assert.Equal(RestoreState.Restored, (await target.Ledger.FindAsync("r", default)).State);
        Assert.NotEmpty(await target.BackupAsync());
    }

    [Fact]
    public async Task A_lock_that_is_lost_after_the_commit_is_taken_anew()
    {
        await using var source = await SmallInstallation.CreateAsync("restored");
        var backup = await source.BackupAsync();
        await using var target = await SmallInstallation.CreateAsync("before");
        var broken = false;
        target.BeforeStep = step =>
        {
            if (step == "put an object in place" && !broken)
            {
                broken = true;
                target.Database.ExecuteAsAdminAsync(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_locks
                    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """).GetAwaiter().GetResult();
                throw new IOException("And this fails, too.");
            }
        };
        Assert.NotNull(await target.RestoreAsync(backup));
        Assert.True(broken);
        Assert.Equal("restored", await target.StatesAsync());
        Assert.Equal(RestoreState.Restored, (await target.Ledger.FindAsync("r", default)).State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_dies_at_the_commit_and_comes_back_leaves_one_state(bool beforeItHears)
    {
        await using var source = await SmallInstallation.CreateAsync("restored");
        var backup = await source.BackupAsync();
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var target = await SmallInstallation.CreateAsync("before", server);
        var back = new TaskCompletionSource();
        await using var proxy = new CommitProxy(server.Port, beforeItHears)
        {
            Meanwhile = async () =>
            {
                await server.KillAsync();
                await server.StartAgainAsync();
                back.SetResult();
            },
        };
        await using var connection = NpgsqlDataSource.Create(target.Database.With(c => { c.Port = proxy.Port; c.Host = "127.0.0.1"; }));
        EngineException? failure = null;
        try
        {
            await target.RestoreAsync(backup, source: connection);
        }
        catch (EngineException e)
        {
            failure = e;
        }

        Assert.Equal(1, proxy.Lost);
        await back.Task;
        target.Database.DataSource.Clear();
        NpgsqlConnection.ClearAllPools();
        await target.Recovery.RunAsync(default);
        Assert.Equal(beforeItHears ? "before" : "restored", await target.StatesAsync());
        Assert.Equal(beforeItHears ? RestoreState.Failed : RestoreState.Restored, (await target.Ledger.FindAsync("r", default)).State);
        Assert.Equal(beforeItHears, failure is not null);
        Assert.False(Directory.EnumerateDirectories(Path.Join(target.Objects.Root, ".tfe-backup")).Any());
    }

    [Fact]
    public async Task The_last_twenty_restores_are_remembered()
    {
        await using var installation = await SmallInstallation.CreateAsync("state");
        var ledger = installation.Ledger;
        var began = DateTimeOffset.UnixEpoch;
        await ledger.PutAsync(new RestoreEntry { Id = "open", Started = began, State = RestoreState.Running, Transaction = "4000000000000" }, default);
        for (var i = 0; i < 30; i++)
        {
            await ledger.PutAsync(new RestoreEntry { Id = $"{i}", Started = began.AddHours(i + 1), State = RestoreState.Restored }, default);
        }

        Assert.Equal(RestoreState.Unknown, (await ledger.FindAsync("10", default)).State);
        Assert.Equal(RestoreState.Restored, (await ledger.FindAsync("11", default)).State);
        Assert.Equal(RestoreState.Restored, (await ledger.FindAsync("29", default)).State);

        // Of one whose transaction is long forgotten nothing is claimed.
        Assert.Equal(RestoreState.Unknown, (await ledger.FindAsync("open", default)).State);
    }

    [Fact]
    public async Task Objects_deleted_after_a_backup_has_begun_are_recorded_and_new_ones_are_no_part_of_it()
    {
        await using var source = await SmallInstallation.CreateAsync("state");
        using var file = new MemoryStream();
        var summary = await source.BackupAsync(file, meanwhile: async () =>
        {
            await source.Objects.DeleteAsync("objects/1");
            await source.Objects.DeleteAsync("objects/3");
            await source.Objects.PutAsync("objects/new", "x"u8.ToArray());
        });
        Assert.Equal((3, 2), (summary.Objects, summary.Vanished));
        await using var index = await Archive.ArchiveIndex.OpenAsync(file, SmallInstallation.Password, null, default);
        Assert.Equal(["objects/1", "objects/3"], await index.ReadVanishedAsync(default).ToListAsync());
    }

    [Fact]
    public async Task A_standby_is_backed_up_but_for_what_it_does_not_have_and_takes_no_restore()
    {
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var plain = await SmallInstallation.CreateAsync("state", server);
        await using var unlogged = await SmallInstallation.CreateAsync("state", server);
        await unlogged.Database.ExecuteAsync("CREATE UNLOGGED TABLE scratch (k int)");
        await server.StartAgainAsStandbyAsync();
        plain.Database.DataSource.Clear();
        unlogged.Database.DataSource.Clear();

        var backup = await plain.BackupAsync();
        var refused = await Assert.ThrowsAsync<EngineException>(() => unlogged.BackupAsync());
        Assert.Contains("public.scratch", refused.Message, StringComparison.Ordinal);
        var restore = await Assert.ThrowsAsync<EngineException>(() => plain.RestoreAsync(backup));
        Assert.Contains("standby", restore.Message, StringComparison.Ordinal);
        await server.StopAsync();
    }
}
