using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Postgres;
using Xunit.Abstractions;

namespace TfeBackup.Server.Tests;

/// <summary>
/// <c>kill -9</c> of a service or its PostgreSQL at random moments of restores, promotions and backups: every row and object is as it was or restored,
/// and the restore's state says which.
/// </summary>
public sealed class RandomKillTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private readonly RandomMoments _moments = new(output, usually: 3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_is_killed_at_whatever_moment_nothing_is_torn(bool blob)
    {
        await using var old = await TestInstallation.CreateFilledAsync();
        await old.PutRowsAsync(2_000_000);
        for (var i = 0; i < 60; i++)
        {
            await old.PutObjectAsync($"many/{i}", new byte[1000 + i]);
        }

        byte[] backup;
        await using (var source = await BackupService.StartAsync(old))
        {
            backup = await source.BackupAsync();
        }

        var restored = await old.PlainContentAsync();
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var target = await TestInstallation.CreateAsync(blob: blob, server: server);
        await using var victim = await BackupService.StartAsync(target);
        await using var survivor = await BackupService.StartAsync(target);
        (await victim.RestoreAsync(backup)).EnsureSuccessStatusCode();
        var restore = await RandomMoments.MeasureAsync(async () => (await victim.RestoreAsync(backup, overwrite: true)).EnsureSuccessStatusCode());
        var taking = await RandomMoments.MeasureAsync(() => victim.BackupAsync());
        for (var round = 0; _moments.IsAnotherWanted; round++)
        {
            await target.Database.ExecuteAsync("DELETE FROM audit WHERE what = 'event 1'");
            await target.PutObjectAsync("only/here", [1, 2, 3]);
            await server.CheckpointAsync();
            var before = await target.PlainContentAsync();
            var what = _moments.Pick("restore", "promotion", "backup");
            var killed = _moments.Pick("service", "PostgreSQL");
            var id = $"r{round}";

            Task running = what == "backup"
                ? victim.BackupAsync()
                : victim.RestoreAsync(id, BackupService.Form(BackupService.Document(BackupService.Password, overwrite: true), backup));
            if (what == "promotion")
            {
                await WaitFor.ConditionAsync(
                    async () => running.IsCompleted || (await target.AllKeysAsync()).Any(static key => key.EndsWith("/sealed", StringComparison.Ordinal)),
                    "the restore to be about to commit",
                    Deadline);
            }

            await _moments.WaitAsync(what switch { "restore" => restore, "backup" => taking, _ => TimeSpan.FromMilliseconds(150) }, () => !running.IsCompleted);
            if (killed == "service")
            {
                await victim.Process.KillAsync();
                await victim.Process.StartAgainAsync();
            }
            else
            {
                await server.KillAsync();
                await server.StartAgainAsync();
                target.Database.DataSource.Clear();
                Npgsql.NpgsqlConnection.ClearAllPools();
            }

            await running.ContinueWith(static _ => { }, TaskScheduler.Default);
            var state = "failed";
            if (what != "backup")
            {
                await WaitFor.ConditionAsync(
                    async () => (state = await survivor.RestoreStateAsync(id)) is "restored" or "failed" or "unknown", "the restore to have ended", Deadline);
            }

            await WaitFor.ConditionAsync(async () => !(await target.AllKeysAsync()).Any(IsStaged), "the staging to be gone", Deadline);
            var expected = state == "restored" ? restored : before;
            var after = await target.PlainContentAsync();
            output.WriteLine($"{what}, {killed}: {state}");
            Assert.True(
                expected.SequenceEqual(after),
                $"{what}, {killed}, {state}: expected {string.Join("; ", expected.Except(after))}, found {string.Join("; ", after.Except(expected))}");
        }

        Assert.NotEmpty(await victim.BackupAsync());
    }

    private static bool IsStaged(string key) =>
        key.StartsWith(".tfe-backup/", StringComparison.Ordinal) && !key.StartsWith(".tfe-backup/restores.json", StringComparison.Ordinal);
}
