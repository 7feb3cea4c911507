using System.Diagnostics;
using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace TfeBackup.Cli.Tests;

/// <summary>
/// <c>kill -9</c> at random moments, then the same command again. A few moments each time, and as many as <c>TFEBACKUP_TEST_KILLS</c> says where somebody wants
/// to know better; the seed is printed, and <c>TFEBACKUP_TEST_SEED</c> repeats it.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Size = 8 << 20;

    private static readonly int Kills = Setting("TFEBACKUP_TEST_KILLS") ?? 3;

    [Fact]
    public async Task A_backup_that_is_killed_at_any_moment_is_finished_by_the_same_command_and_published_once()
    {
        await using var site = await Site.CreateAsync();
        site.Old.Size = Size;
        var random = CreateRandom();
        var whole = await MeasureAsync(() => site.RunAsync("backup", "old"));
        for (var kill = 0; kill < Kills; kill++)
        {
            await KillAsync(await site.StartAsync("backup", "old"), random, whole);
            var unpublished = (await site.OperationsAsync()).Any(operation => (string?)operation!["state"] == "Running");

            (await site.RunAsync("backup", "old")).ShouldEndWith(0);

            var operations = await site.OperationsAsync();
            var records = await site.ListAsync();
            output.WriteLine($"Left unfinished: {unpublished}; operations: {operations.Count}; backups: {records.Count}");
            Assert.All(operations, operation => Assert.Equal("Completed", (string?)operation!["state"]));
            Assert.Equal(
                operations.Select(operation => (string?)operation!["id"]).Order(),
                records.Select(record => (string?)record!["operationId"]).Order());
            await site.AssertConsistentAsync();
        }

        (await site.RunAsync("verify", "old/latest")).ShouldEndWith(0);
    }

    [Fact]
    public async Task A_restore_that_is_killed_at_any_moment_is_finished_or_fails_cleanly_and_never_leaves_half()
    {
        await using var site = await Site.CreateAsync();
        site.Old.Size = Size;
        var random = CreateRandom();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var blob = File.ReadAllBytes(Assert.Single(site.Blobs()));
        var whole = await MeasureAsync(() => site.RunAsync("restore", "old/latest", "--to", "new"));
        for (var kill = 0; kill < Kills; kill++)
        {
            site.New.Reset();
            await KillAsync(await site.StartAsync("restore", "old/latest", "--to", "new"), random, whole);

            var again = await site.RunAsync("restore", "old/latest", "--to", "new", "--json");

            output.WriteLine($"Exit code {again.ExitCode}; restored {site.New.Restored.Count} times of {site.New.Restores} begun");
            Assert.NotEmpty(site.New.Restored);
            Assert.All(site.New.Restored, restored => Assert.Equal(blob, restored.Content));
            if (again.ExitCode != 0)
            {
                // The restore had happened when the process died, and without --overwrite it is not done again.
                Assert.Contains("\"TargetNotEmpty\"", again.Error, StringComparison.Ordinal);
            }

            Assert.DoesNotContain(await site.OperationsAsync(), operation => (string?)operation!["state"] == "Running");
            Assert.False(File.Exists(site.Folder.Combine("new.down")), "The application was left stopped.");
        }
    }

    private static async Task<TimeSpan> MeasureAsync(Func<Task<CliResult>> run)
    {
        var watch = Stopwatch.StartNew();
        (await run()).ShouldEndWith(0);
        return watch.Elapsed;
    }

    private async Task KillAsync(CliProcess process, Random random, TimeSpan whole)
    {
        // The moment is the point of the test: it is drawn, and nothing is awaited.
        var moment = whole * random.NextDouble();
        await Task.Delay(moment);
        output.WriteLine($"Killing after {moment.TotalMilliseconds:0} of {whole.TotalMilliseconds:0} ms{(process.IsRunning ? "" : " (it had ended)")}");
        await process.KillAsync();
    }

    private Random CreateRandom()
    {
        var seed = Setting("TFEBACKUP_TEST_SEED") ?? Random.Shared.Next();
        output.WriteLine($"TFEBACKUP_TEST_SEED={seed}");
        return new Random(seed);
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;
}
