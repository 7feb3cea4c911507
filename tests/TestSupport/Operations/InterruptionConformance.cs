using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restore;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

/// <summary>A worker is lost once at each activity of an operation; another one carries on.</summary>
public abstract class InterruptionConformance(Interruptions.Moment moment) : OperationConformance
{
    [Fact]
    public async Task A_backup_that_loses_its_worker_at_each_activity_is_published_once()
    {
        await using var harness = await StartAsync();
        harness.Retention = new RetentionPolicy { KeepLast = 3 };
        var interruptions = harness.Interrupt(moment);
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Null(instance.Failure);
        Assert.Equal(
            ["AskInstallation", "Claim", "PlanBackup", "Prune", "Publish", "Report", "StreamBackup", "VerifyBlob"],
            interruptions.Seen.Order(StringComparer.Ordinal));
        var record = Assert.Single(await harness.RecordsAsync());
        Assert.Equal(OperationQueries.ReadBackup(instance)!.Record, record);
    }

    [Fact]
    public async Task A_verification_that_loses_its_worker_at_each_activity_is_recorded_once()
    {
        await using var harness = await StartAsync();
        var record = await harness.TakeBackupAsync();
        var interruptions = harness.Interrupt(moment);
        var instance = await harness.EndAsync(await harness.Operations.StartVerifyAsync(record.Key, default));

        Assert.Null(instance.Failure);
        Assert.Equal(["AddCheck", "Claim", "PlanVerify", "Report", "VerifyBlob"], interruptions.Seen.Order(StringComparer.Ordinal));
        var check = Assert.Single(await harness.ChecksAsync(record.Key));
        Assert.Equal((instance.Id, true), (check.OperationId, check.Passed));
    }

    [Fact]
    public async Task A_restore_that_loses_its_worker_at_each_activity_restores_everything()
    {
        await using var harness = await StartAsync();
        var archive = await SampleArchive.CreateAsync(OperationHarness.Password);
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(archive));
        await harness.TakeBackupAsync();
        var interruptions = harness.Interrupt(moment);
        var instance = await harness.EndAsync(await harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "old/latest", Target = "new", Overwrite = true }, default));

        Assert.Null(instance.Failure);
        Assert.Contains("ApplyBackup", interruptions.Seen);
        Assert.Contains("ControlApplication", interruptions.Seen);
        Assert.Equal(archive, harness.New.Restored);
        Assert.Equal(ApplicationState.Running, harness.New.State);
    }

    [Fact]
    public async Task A_drill_that_loses_its_worker_at_each_activity_passes_and_is_recorded_once()
    {
        await using var harness = await StartAsync();
        harness.Define = definition => definition with { Drill = definition.Name == "old" ? new DrillDefinition("new", Schedule: null) : null };
        var content = new DrillContent();
        harness.Old.Backup = (password, skip, _) => content.BackUpAsync(password, skip);
        harness.New.Backup = (password, skip, _) => content.BackUpAsync(password, skip);
        await harness.TakeBackupAsync();
        var interruptions = harness.Interrupt(moment);
        var instance = await harness.EndAsync(await harness.Operations.StartDrillAsync(harness.GetDefinition("old"), default));

        Assert.Null(instance.Failure);
        Assert.Equal(
            ["AddCheck", "ApplyBackup", "AskInstallation", "Claim", "CompareDrill", "ControlApplication", "PlanDrill", "PlanRestart", "Report", "VerifyBlob"],
            interruptions.Seen.Order(StringComparer.Ordinal));
        Assert.True(OperationQueries.ReadDrill(instance)!.Result.Compared);
        Assert.NotNull(harness.New.Restored);
        Assert.Equal(ApplicationState.Running, harness.New.State);
        var checks = await harness.ChecksAsync(Assert.Single(await harness.RecordsAsync()).Key);
        Assert.Equal([CheckKind.Verification, CheckKind.Drill], checks.Select(check => check.Kind));
        Assert.All(checks, check => Assert.True(check.Passed));
    }

    [Fact]
    public async Task Retention_that_loses_its_worker_at_each_activity_removes_the_right_backups()
    {
        await using var harness = await StartAsync();
        for (var i = 0; i < 4; i++)
        {
            await harness.TakeBackupAsync();
        }

        var taken = await harness.RecordsAsync();
        var newest = taken.OrderByDescending(record => record.Started).Take(2).Select(record => record.Key.Id);
        harness.Retention = new RetentionPolicy { KeepLast = 2 };
        var interruptions = harness.Interrupt(moment);
        var instance = await harness.EndAsync(await harness.Operations.StartRetentionAsync("old", dryRun: false, default));

        Assert.Null(instance.Failure);
        Assert.Equal(["Claim", "Prune", "Report"], interruptions.Seen.Order(StringComparer.Ordinal));
        Assert.Equal(4, taken.Count);
        Assert.Equal(newest.Order(StringComparer.Ordinal), (await harness.RecordsAsync()).Select(record => record.Key.Id).Order(StringComparer.Ordinal));
    }
}
