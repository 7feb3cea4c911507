using Npgsql;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Postgres;
using Xunit;
using Xunit.Abstractions;

namespace TfeBackup.Cli.Tests;

/// <summary>
/// <c>kill -9</c> of anything at random moments of anything: of <c>tfe-backup</c>, the service or PostgreSQL, in a backup, a restore or the promotion of
/// its objects; and then the same again, a resumption or a cancellation. Whatever it is, the installation is all as it was or all restored.
/// </summary>
public sealed class RandomKillTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(180);

    private readonly RandomMoments _moments = new(output, usually: 2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_is_killed_at_whatever_moment_nothing_is_torn(bool blob)
    {
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var site = await RealSite.CreateAsync(server, blob);
        await site.Old.PutRowsAsync(4_000_000);
        for (var i = 0; i < 60; i++)
        {
            await site.Old.PutObjectAsync($"many/{i}", new byte[1000 + i]);
        }

        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var restore = await RandomMoments.MeasureAsync(async () => (await site.RunAsync("restore", "old/latest", "--to", "new")).ShouldEndWith(0));
        var backup = await RandomMoments.MeasureAsync(async () => (await site.RunAsync("backup", "new")).ShouldEndWith(0));
        var source = await site.Old.PlainContentAsync();
        var backups = 1;
        while (_moments.IsAnotherWanted)
        {
            await site.New.PutObjectAsync("only/here", [1, 2, 3]);
            await site.New.Database.ExecuteAsync("DELETE FROM audit WHERE what = 'event 1'");
            await server.CheckpointAsync();
            var before = await site.New.PlainContentAsync();
            var what = _moments.Pick("backup", "restore", "promotion");
            var victim = _moments.Pick("tfe-backup", "service", "PostgreSQL");
            string[] command = what == "backup"
                ? ["backup", "new"]
                : ["restore", "old/latest", "--to", "new", "--overwrite", "--no-safety-backup", "new"];

            var process = await site.StartAsync(command);
            if (what == "promotion")
            {
                await WaitFor.ConditionAsync(
                    async () => !process.IsRunning || (await site.New.AllKeysAsync()).Any(static key => key.EndsWith("/sealed", StringComparison.Ordinal)),
                    "the restore to be about to commit",
                    Deadline);
            }

            await _moments.WaitAsync(what switch { "backup" => backup, "restore" => restore, _ => TimeSpan.FromMilliseconds(300) }, () => process.IsRunning);
            var (then, result) = await KillAsync(site, server, process, victim, command);

            await WaitFor.ConditionAsync(async () => !(await site.New.AllKeysAsync()).Any(IsLeftOver), "the staging to be gone", Deadline);
            var after = await site.New.PlainContentAsync();
            var isRestored = after.SequenceEqual(source);
            output.WriteLine($"{what}, {victim}, {then}: exit code {result.ExitCode}; the target is {(isRestored ? "restored" : "as it was")}{(result.ExitCode == 0 ? "" : $"\n{result.Error}")}");
            var expected = (what, then, result.ExitCode) switch
            {
                ("backup", _, _) => before,
                (_, "cancelled", 0) => before,
                (_, "cancelled", 3) or (_, not "cancelled", 0) => source,
                _ => isRestored ? source : before,
            };
            Assert.True(
                expected.SequenceEqual(after),
                $"{what}, {victim}, {then}, exit code {result.ExitCode}: expected {string.Join("; ", expected.Except(after))}, found {string.Join("; ", after.Except(expected))}\n{result.Error}");
            Assert.DoesNotContain(await site.ReadAsync("operations"), operation => (string?)operation!["state"] == "Running");
            if (then != "cancelled" && (what == "backup" || victim == "tfe-backup"))
            {
                // What the service did although its client was gone is found, and gone on with.
                result.ShouldEndWith(0);
            }

            var published = await site.ReadAsync("list", "new");
            Assert.True(published.Count >= backups, $"{published.Count} backups, {backups} before.");
            backups = published.Count;
        }

        // What is published is whole.
        (await site.RunAsync("verify", "new/latest")).ShouldEndWith(0);
    }

    /// <summary>Kills it, starts it again, and has what was under way ended.</summary>
    private async Task<(string Then, CliResult Result)> KillAsync(RealSite site, PostgresServer server, CliProcess process, string victim, string[] command)
    {
        switch (victim)
        {
            case "service":
                await site.NewService.Process.KillAsync();
                await site.NewService.Process.StartAgainAsync();
                return ("waited for", await process.EndAsync());
            case "PostgreSQL":
                await server.KillAsync();
                await server.StartAgainAsync();
                NpgsqlConnection.ClearAllPools();
                site.New.Database.DataSource.Clear();
                return ("waited for", await process.EndAsync());
            default:
                await process.KillAsync();
                var left = (await site.ReadAsync("operations")).FirstOrDefault(operation => (string?)operation!["state"] == "Running");
                var then = left is null ? "done again" : _moments.Pick("done again", "resumed", "cancelled");
                return (then, await (then switch
                {
                    "resumed" => site.RunAsync("operations", (string)left!["id"]!, "--resume"),
                    "cancelled" => site.RunAsync("operations", (string)left!["id"]!, "--cancel"),
                    _ => site.RunAsync(command),
                }));
        }
    }

    // What the service remembers of restores stays; what it staged for one does not.
    private static bool IsLeftOver(string key) => key.StartsWith(".tfe-backup", StringComparison.Ordinal) && key != ".tfe-backup/restores.json";
}
