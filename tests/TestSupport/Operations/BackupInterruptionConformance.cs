using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

/// <summary>The worker is taken away once at each activity of an operation; another goes on.</summary>
public abstract class BackupInterruptionConformance(Interruptions.Moment moment) : OperationConformance
{
    [Fact]
    public async Task A_backup_whose_worker_is_taken_away_at_each_activity_is_published_once()
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
}
