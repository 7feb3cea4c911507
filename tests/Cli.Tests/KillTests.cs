using TfeBackup.TestSupport;
using Xunit;
using Xunit.Abstractions;

namespace TfeBackup.Cli.Tests;

/// <summary>
/// <c>kill -9</c> of <c>tfe-backup</c> at random moments, then the same command again.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Size = 16 << 20;

    private readonly RandomMoments _moments = new(output, usually: 2);

    [Fact]
    public async Task A_backup_that_is_killed_at_any_moment_is_finished_by_the_same_command_and_published_once()
    {
        await using var site = await Site.CreateAsync();
        site.Old.Size = Size;
        site.Old.IsSlow = true;
        var whole = await RandomMoments.MeasureAsync(async () => (await site.RunAsync("backup", "old")).ShouldEndWith(0));
        while (_moments.IsAnotherWanted)
        {
            await KillAsync(await site.StartAsync("backup", "old"), whole);
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
        site.New.IsSlow = true;
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var blob = File.ReadAllBytes(Assert.Single(site.Blobs()));
        var whole = await RandomMoments.MeasureAsync(async () => (await site.RunAsync("restore", "old/latest", "--to", "new")).ShouldEndWith(0));
        while (_moments.IsAnotherWanted)
        {
            site.New.Reset();
            await KillAsync(await site.StartAsync("restore", "old/latest", "--to", "new"), whole);

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

    private async Task KillAsync(CliProcess process, TimeSpan whole)
    {
        await _moments.WaitAsync(whole, () => process.IsRunning);
        await process.KillAsync();
    }
}
