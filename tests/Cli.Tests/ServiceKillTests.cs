using Npgsql;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Postgres;
using Xunit;
using Xunit.Abstractions;

namespace TfeBackup.Cli.Tests;

/// <summary><c>kill -9</c> of the service beside an installation at random moments of a backup and of a restore, and its start again.</summary>
public sealed class ServiceKillTests(ITestOutputHelper output)
{
    private readonly RandomMoments _moments = new(output, usually: 1);

    [Fact]
    public async Task A_backup_whose_service_is_killed_is_taken_again_and_published_once()
    {
        await using var site = await RealSite.CreateAsync();
        await site.Old.PutRowsAsync(8_000_000);
        var taken = 1;
        var whole = await RandomMoments.MeasureAsync(async () => (await site.RunAsync("backup", "old")).ShouldEndWith(0));
        while (_moments.IsAnotherWanted)
        {
            var backup = await site.StartAsync("backup", "old");
            await _moments.WaitAsync(whole, () => backup.IsRunning);
            await site.OldService.Process.KillAsync();
            await site.OldService.Process.StartAgainAsync();

            (await backup.EndAsync()).ShouldEndWith(0);

            var records = await site.ReadAsync("list", "old");
            Assert.Equal(++taken, records.Count);
            Assert.All(await site.ReadAsync("operations"), operation => Assert.Equal("Completed", (string?)operation!["state"]));
        }

        // What is published is whole.
        (await site.RunAsync("verify", "old/latest")).ShouldEndWith(0);
    }

    [Fact]
    public async Task An_installation_whose_service_is_killed_in_mid_restore_is_as_it_was_or_restored()
    {
        await using var site = await RealSite.CreateAsync();
        await site.Old.PutRowsAsync(8_000_000);
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var whole = await RandomMoments.MeasureAsync(async () => (await site.RunAsync("restore", "old/latest", "--to", "new")).ShouldEndWith(0));
        var source = await site.Old.PlainContentAsync();
        while (_moments.IsAnotherWanted)
        {
            await site.New.PutObjectAsync("only/here", [1, 2, 3]);
            var before = await site.New.PlainContentAsync();
            var restore = await site.StartAsync("restore", "old/latest", "--to", "new", "--overwrite");
            await _moments.WaitAsync(whole, () => restore.IsRunning);
            await site.NewService.Process.KillAsync();
            await site.NewService.Process.StartAgainAsync();

            var result = await restore.EndAsync();

            var after = await site.New.PlainContentAsync();
            output.WriteLine($"Exit code {result.ExitCode}; the target is {(after.SequenceEqual(source) ? "restored" : "as it was")}");
            Assert.Equal(result.ExitCode == 0 ? source : after.SequenceEqual(source) ? source : before, after);
            Assert.DoesNotContain(await site.ReadAsync("operations"), operation => (string?)operation!["state"] == "Running");
            Assert.DoesNotContain(await site.New.AllKeysAsync(), IsLeftOver);
        }
    }

    [Fact]
    public async Task An_installation_whose_PostgreSQL_is_killed_in_mid_restore_is_as_it_was_or_restored_while_its_service_lives()
    {
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var site = await RealSite.CreateAsync(server);
        await site.Old.PutRowsAsync(8_000_000);
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var whole = await RandomMoments.MeasureAsync(async () => (await site.RunAsync("restore", "old/latest", "--to", "new")).ShouldEndWith(0));
        var source = await site.Old.PlainContentAsync();
        while (_moments.IsAnotherWanted)
        {
            await site.New.PutObjectAsync("only/here", [1, 2, 3]);
            var before = await site.New.PlainContentAsync();
            var restore = await site.StartAsync("restore", "old/latest", "--to", "new", "--overwrite");
            await _moments.WaitAsync(whole, () => restore.IsRunning);
            await server.KillAsync();
            await server.StartAgainAsync();
            NpgsqlConnection.ClearAllPools();
            site.New.Database.DataSource.Clear();

            var result = await restore.EndAsync();
            await WaitFor.ConditionAsync(
                async () => !(await site.New.AllKeysAsync()).Any(IsLeftOver),
                "the staging to be gone",
                TimeSpan.FromSeconds(120));
            var after = await site.New.PlainContentAsync();
            output.WriteLine($"Exit code {result.ExitCode}; the target is {(after.SequenceEqual(source) ? "restored" : "as it was")}");
            Assert.Equal(result.ExitCode == 0 || after.SequenceEqual(source) ? source : before, after);
        }
    }

    // What the service remembers of restores stays; what it staged for one does not.
    private static bool IsLeftOver(string key) => key.StartsWith(".tfe-backup", StringComparison.Ordinal) && key != ".tfe-backup/restores.json";
}
