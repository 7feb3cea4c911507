using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Tests.Drills;

namespace TfeBackup.Functions.Tests.Operations;

/// <summary>The worker is taken away once at each activity of an operation; another goes on.</summary>
public sealed class InterruptedOperationTests
{
    [Theory]
    [InlineData(nameof(Interruptions.Moment.Before))]
    [InlineData(nameof(Interruptions.Moment.Inside))]
    [InlineData(nameof(Interruptions.Moment.After))]
    public async Task A_backup_whose_worker_is_taken_away_at_each_activity_is_published_once(string moment)
    {
        var site = await ScriptedSite.CreateAsync(retention: new() { KeepLast = 3 });
        var interruptions = new Interruptions(Enum.Parse<Interruptions.Moment>(moment));
        await using var app = await site.StartAsync(interruptions);
        var id = await app.Operations.StartBackupAsync("old", default);
        var instance = await app.EndAsync(id);

        Assert.Null(instance.Failure);
        Assert.Equal(
            ["AskInstallation", "Claim", "PlanBackup", "Prune", "Publish", "Report", "StreamBackup", "VerifyBlob"],
            interruptions.Seen.Order(StringComparer.Ordinal));
        var record = Assert.Single(await site.RecordsAsync());
        Assert.Equal(OperationQueries.ReadBackup(instance)!.Record, record);
    }

    [Theory]
    [InlineData(nameof(Interruptions.Moment.Before))]
    [InlineData(nameof(Interruptions.Moment.Inside))]
    [InlineData(nameof(Interruptions.Moment.After))]
    public async Task A_restore_whose_worker_is_taken_away_at_each_activity_brings_everything_back(string moment)
    {
        var site = await ScriptedSite.CreateAsync();
        await using (var before = await site.StartAsync())
        {
            Assert.Null((await before.EndAsync(await before.Operations.StartBackupAsync("old", default))).Failure);
        }

        var interruptions = new Interruptions(Enum.Parse<Interruptions.Moment>(moment));
        await using var app = await site.StartAsync(interruptions);
        var id = await app.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "old/latest", Target = "new", Overwrite = true }, default);
        var instance = await app.EndAsync(id);

        Assert.Null(instance.Failure);
        Assert.Contains("ApplyBackup", interruptions.Seen);
        Assert.Contains("ControlApplication", interruptions.Seen);
        Assert.Equal(site.Archive, site.New.Restored);
        Assert.Equal(ApplicationState.Running, site.New.State);
    }

    [Theory]
    [InlineData(nameof(Interruptions.Moment.Before))]
    [InlineData(nameof(Interruptions.Moment.Inside))]
    [InlineData(nameof(Interruptions.Moment.After))]
    public async Task A_drill_whose_worker_is_taken_away_at_each_activity_passes_and_is_recorded_once(string moment)
    {
        var site = await ScriptedSite.CreateAsync();
        site.DrillInto = "new";
        var content = new DrillContent();
        site.Old.Backup = (password, skip, _) => content.BackUpAsync(password, skip);
        site.New.Backup = (password, skip, _) => content.BackUpAsync(password, skip);
        await using (var before = await site.StartAsync())
        {
            Assert.Null((await before.EndAsync(await before.Operations.StartBackupAsync("old", default))).Failure);
        }

        var interruptions = new Interruptions(Enum.Parse<Interruptions.Moment>(moment));
        await using var app = await site.StartAsync(interruptions);
        var instance = await app.EndAsync(await app.Operations.StartDrillAsync(site.GetDefinition("old"), default));

        Assert.Null(instance.Failure);
        Assert.Equal(
            ["AddCheck", "ApplyBackup", "AskInstallation", "Claim", "CompareDrill", "ControlApplication", "PlanDrill", "PlanRestart", "Report", "VerifyBlob"],
            interruptions.Seen.Order(StringComparer.Ordinal));
        Assert.True(OperationQueries.ReadDrill(instance)!.Result.Compared);
        Assert.NotNull(site.New.Restored);
        Assert.Equal(ApplicationState.Running, site.New.State);
        var checks = await site.ChecksAsync(Assert.Single(await site.RecordsAsync()).Key);
        Assert.Equal([CheckKind.Verification, CheckKind.Drill], checks.Select(check => check.Kind));
        Assert.All(checks, check => Assert.True(check.Passed));
    }

    [Theory]
    [InlineData(nameof(Interruptions.Moment.Before))]
    [InlineData(nameof(Interruptions.Moment.Inside))]
    [InlineData(nameof(Interruptions.Moment.After))]
    public async Task Retention_whose_worker_is_taken_away_at_each_activity_removes_what_it_should_and_no_more(string moment)
    {
        var policy = new RetentionPolicy { KeepLast = 2 };
        var site = await ScriptedSite.CreateAsync();
        await using (var before = await site.StartAsync())
        {
            for (var i = 0; i < 4; i++)
            {
                Assert.Null((await before.EndAsync(await before.Operations.StartBackupAsync("old", default))).Failure);
            }
        }

        var taken = await site.RecordsAsync();
        var newest = taken.OrderByDescending(record => record.Started).Take(2).Select(record => record.Key.Id);
        site.Retention = policy;
        var interruptions = new Interruptions(Enum.Parse<Interruptions.Moment>(moment));
        await using var app = await site.StartAsync(interruptions);
        var instance = await app.EndAsync(await app.Operations.StartRetentionAsync("old", dryRun: false, default));

        Assert.Null(instance.Failure);
        Assert.Equal(["Claim", "Prune", "Report"], interruptions.Seen.Order(StringComparer.Ordinal));
        Assert.Equal(4, taken.Count);
        Assert.Equal(newest.Order(StringComparer.Ordinal), (await site.RecordsAsync()).Select(record => record.Key.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_activity_of_a_terminated_operation_is_told_to_stop()
    {
        var site = await ScriptedSite.CreateAsync();
        var stopped = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        site.Old.Backup = async (_, _, cancellationToken) =>
        {
            begun.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                stopped.SetResult();
                throw;
            }

            return Stream.Null;
        };
        await using var app = await site.StartAsync();
        var id = await app.Operations.StartBackupAsync("old", default);
        await begun.Task.WaitAsync(FunctionsApp.Deadline);
        await app.Operations.TerminateAsync(id, "stuck", default);
        await stopped.Task.WaitAsync(FunctionsApp.Deadline);

        var instance = await app.EndAsync(id);
        Assert.Equal(OperationState.Terminated, instance.State);
        Assert.Equal(new OperationFailure(OperationError.Cancelled, "stuck"), instance.Failure);
        Assert.Empty(await site.RecordsAsync());
    }
}
