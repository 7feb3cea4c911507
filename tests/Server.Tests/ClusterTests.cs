using System.Net;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

/// <summary>Several service nodes over one database.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task One_restore_at_a_time_whichever_node_it_comes_to()
    {
        var source = await SharedSource.GetAsync();
        await using var target = await TestInstallation.CreateAsync();
        await using var first = await BackupService.StartAsync(target);
        await using var second = await BackupService.StartAsync(target);
        Assert.Equal(first.Token, second.Token);

        // The first restore is in progress for as long as its upload is.
        using var slow = new StallingContent(BackupService.Form(BackupService.Document(BackupService.Password), source.Backup), source.Backup.Length / 2);
        var running = first.RestoreAsync(slow);
        await slow.Stalled;
        await TestSupport.WaitFor.ConditionAsync(
            async () => await target.Database.QueryAsync<long>(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") > 0,
            "the first restore to start",
            TimeSpan.FromSeconds(30));

        using var otherRestore = await second.RestoreAsync(source.Backup, overwrite: true);
        await BackupService.RequireAsync(otherRestore, HttpStatusCode.Conflict, "restore");
        using var otherBackup = await second.BackupAsync(BackupService.Document(BackupService.Password));
        await BackupService.RequireAsync(otherBackup, HttpStatusCode.Conflict, "restore");

        slow.GoOn();
        using var answer = await running;
        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        Assert.Equal(source.Content, await target.PlainContentAsync());
        using var again = await second.RestoreAsync(source.Backup, overwrite: true);
        await BackupService.RequireAsync(again, HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_node_that_dies_in_a_restore_leaves_the_target_as_it_was_and_free_for_the_other()
    {
        await using var source = await TestInstallation.CreateFilledAsync();
        await source.PutLargeObjectAsync("a/first", 12_000_000);
        await using var sourceService = await BackupService.StartAsync(source);
        var backup = await sourceService.BackupAsync();
        await using var target = await TestInstallation.CreateFilledAsync(blob: true);
        await using var survivor = await BackupService.StartAsync(target);
        var before = await target.StoredContentAsync();
        var keysBefore = await target.AllKeysAsync();
        await using (var first = await BackupService.StartAsync(target))
        {
            using var slow = new StallingContent(
                BackupService.Form(BackupService.Document(BackupService.Password, true), backup), backup.Length - 20);
            var running = first.RestoreAsync(slow);
            await slow.Stalled;
            await TestSupport.WaitFor.ConditionAsync(
                async () => (await target.AllKeysAsync()).Count > keysBefore.Count, "objects to be staged", TimeSpan.FromSeconds(30));
            await first.Process.KillAsync();
            slow.GoOn();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => running);
        }

        Assert.Equal(before, await target.StoredContentAsync());
        using var answer = await survivor.RestoreAsync(backup, overwrite: true);
        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        Assert.Equal(await source.PlainContentAsync(), await target.PlainContentAsync());
        Assert.DoesNotContain(await target.AllKeysAsync(), key => key.StartsWith(".tfe-backup", StringComparison.Ordinal));
    }
}
