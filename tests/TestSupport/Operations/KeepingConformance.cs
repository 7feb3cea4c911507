using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Retention;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

/// <summary>Checks and retention: what happens to backups after they were taken.</summary>
public abstract class KeepingConformance : OperationConformance
{
    [Fact]
    public async Task A_check_that_passes_is_remembered()
    {
        await using var harness = await StartAsync();
        var record = await harness.TakeBackupAsync();
        var instance = await harness.EndAsync(await harness.Operations.StartVerifyAsync(record.Key, default));

        Assert.Null(instance.Failure);
        Assert.Equal(OperationQueries.ReadCheck(instance), Assert.Single(await harness.ChecksAsync(record.Key)));
    }

    [Fact]
    public async Task A_check_that_fails_is_remembered_with_the_reason()
    {
        await using var harness = await StartAsync();
        var record = await harness.TakeBackupAsync();
        harness.Store.DamagedReads = 1;
        var instance = await harness.EndAsync(await harness.Operations.StartVerifyAsync(record.Key, default));

        Assert.Equal(OperationError.Corrupt, instance.Failure!.Error);
        var check = Assert.Single(await harness.ChecksAsync(record.Key));
        Assert.False(check.Passed);
        Assert.StartsWith("Corrupt: ", check.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_password_makes_a_check_of_our_own_format_fail_by_name()
    {
        await using var harness = await StartAsync();
        var archive = await SampleArchive.CreateAsync(OperationHarness.Password);
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(archive));
        var record = await harness.TakeBackupAsync();
        harness.Secrets.Set("backup-password", "v1", "another-one-under-the-same-version");
        var instance = await harness.EndAsync(await harness.Operations.StartVerifyAsync(record.Key, default));

        Assert.Equal(OperationError.WrongPassword, instance.Failure!.Error);
        Assert.Contains("backup-password (version v1)", instance.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_of_a_backup_that_does_not_exist_fails()
    {
        await using var harness = await StartAsync();
        var key = BackupKey.Create("old", harness.Time.GetUtcNow(), Guid.NewGuid());
        var instance = await harness.EndAsync(await harness.Operations.StartVerifyAsync(key, default));

        Assert.Equal(OperationError.NotFound, instance.Failure!.Error);
    }

    [Fact]
    public async Task A_dry_run_lists_what_would_be_removed_and_removes_nothing()
    {
        await using var harness = await StartAsync();
        var keys = await TakeAsync(harness, 3);
        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        var report = await PruneAsync(harness, dryRun: true);

        Assert.True(report.DryRun);
        Assert.Equal([keys[1], keys[0]], report.Removed);
        Assert.Equal(new RetentionEntry(keys[2], "last 1"), Assert.Single(report.Kept));
        Assert.Equal(3, (await harness.RecordsAsync()).Count);
        Assert.Equal(6, report.Bytes);
    }

    [Fact]
    public async Task Backups_kept_by_no_rule_are_removed()
    {
        await using var harness = await StartAsync();
        var keys = await TakeAsync(harness, 3);
        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        var report = await PruneAsync(harness, dryRun: false);

        Assert.Equal([keys[1], keys[0]], report.Removed);
        Assert.Equal(keys[2], Assert.Single(await harness.RecordsAsync()).Key);
        Assert.Empty(await harness.OrphansAsync());
    }

    [Fact]
    public async Task Immutable_backups_are_reported_and_the_rest_removed()
    {
        await using var harness = await StartAsync();
        var keys = await TakeAsync(harness, 3);
        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        harness.Store.RefuseDelete = key => key == keys[0] ? new OperationException(OperationError.Immutable, "immutable until 2027-01-01") : null;
        var report = await PruneAsync(harness, dryRun: false);

        Assert.Equal(new RetentionEntry(keys[0], "immutable until 2027-01-01", Immutable: true), Assert.Single(report.Refused));
        Assert.Equal([keys[1]], report.Removed);
        Assert.Equal([keys[0], keys[2]], (await harness.RecordsAsync()).Select(record => record.Key));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Immutable_backups_are_kept_until_they_expire_without_a_failure(bool dryRun)
    {
        await using var harness = await StartAsync();
        var keys = await TakeAsync(harness, 3);
        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        var until = harness.Time.GetUtcNow() + TimeSpan.FromDays(7);
        harness.Store.ImmutableUntil = key => key == keys[0] ? until : null;
        harness.Store.RefuseDelete = key => key == keys[0] ? throw new InvalidOperationException("asked to delete what is immutable") : null;
        var instance = await harness.EndAsync(await harness.Operations.StartRetentionAsync("old", dryRun, default));
        var report = OperationQueries.ReadRetention(instance)!;

        var refused = Assert.Single(report.Refused);
        Assert.Equal((keys[0], true, until), (refused.Key, refused.Immutable, refused.Until));
        Assert.Equal([keys[1]], report.Removed);
        Assert.Empty(instance.Status!.Warnings);
        Assert.Contains($"immutable until {until.UtcDateTime:yyyy-MM-dd HH:mm}", OperationHarness.Step(instance, "retention").Detail, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(harness.Events.Of("RetentionApplied")).Fields["Immutable"]);

        harness.Store.ImmutableUntil = _ => null;
        harness.Store.RefuseDelete = _ => null;
        Assert.Contains(keys[0], (await PruneAsync(harness, dryRun: false)).Removed);
    }

    [Fact]
    public async Task A_backup_that_is_being_read_stays_until_next_time()
    {
        await using var harness = await StartAsync();
        harness.ByHand = true;
        var keys = await TakeAsync(harness, 2);

        // A restore into the other installation, which waits for its operator, has the older one.
        var restore = await harness.Operations.StartRestoreAsync(new() { Backup = keys[0].ToString(), Target = "new" }, default);
        await harness.WaitingAsync(restore);
        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        var report = await PruneAsync(harness, dryRun: false);

        Assert.Equal(new RetentionEntry(keys[0], $"in use by {restore}"), Assert.Single(report.Refused));
        await harness.Operations.TerminateAsync(restore, "enough", default);
        await harness.EndAsync(restore);
        Assert.Equal([keys[0]], (await PruneAsync(harness, dryRun: false)).Removed);
    }

    [Fact]
    public async Task Data_without_a_record_goes_after_a_day_and_not_before()
    {
        await using var harness = await StartAsync();
        await TakeAsync(harness, 1);
        var orphan = BackupKey.Create("old", harness.Time.GetUtcNow(), Guid.NewGuid());
        await using (var upload = await harness.Store.BeginUploadAsync(orphan, default))
        {
            await upload.WriteAsync(new MemoryStream([1, 2, 3, 4]), null, default);
            await upload.CommitAsync(default);
        }

        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        Assert.Empty((await PruneAsync(harness, dryRun: false)).Orphans);
        harness.Store.AgeOrphansBy = TimeSpan.FromHours(25);
        Assert.Equal([orphan], (await PruneAsync(harness, dryRun: false)).Orphans);
        Assert.Empty(await harness.OrphansAsync());
        Assert.Single(await harness.RecordsAsync());
    }

    [Fact]
    public async Task Without_a_policy_retention_says_what_to_configure()
    {
        await using var harness = await StartAsync();
        var instance = await harness.EndAsync(await harness.Operations.StartRetentionAsync("old", dryRun: true, default));

        Assert.Equal(OperationError.InvalidConfiguration, instance.Failure!.Error);
        Assert.Contains("Installations:old:Retention", instance.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_stays_within_the_limit_of_every_host_whatever_is_said_in_it()
    {
        await using var harness = await StartAsync();
        await TakeAsync(harness, 40);
        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        harness.Store.RefuseDelete = _ => new OperationException(OperationError.Immutable, new string('\u00e9', 3_000));
        var instance = await harness.EndAsync(await harness.Operations.StartRetentionAsync("old", dryRun: false, default));

        Assert.True((await harness.Client.GetInstanceAsync(instance.Id, getInputsAndOutputs: true))!.SerializedCustomStatus!.Length <= 8_192);
        Assert.Equal(OperationState.Completed, instance.State);
    }

    private static async Task<List<BackupKey>> TakeAsync(OperationHarness harness, int count)
    {
        var keys = new List<BackupKey>();
        for (var i = 0; i < count; i++)
        {
            harness.Time.Advance(TimeSpan.FromHours(1));
            var key = BackupKey.Create("old", harness.Time.GetUtcNow(), Guid.NewGuid());
            await using var upload = await harness.Store.BeginUploadAsync(key, default);
            var content = await upload.WriteAsync(new MemoryStream([1, 2, 3]), null, default);
            await upload.CommitAsync(default);
            await harness.Store.PublishAsync(
                TestSupport.BackupStores.BackupRecords.Record(key, content) with
                {
                    Started = harness.Time.GetUtcNow(),
                    Password = new("backup-password", "v1"),
                },
                default);
            keys.Add(key);
        }

        return keys;
    }

    private static async Task<RetentionReport> PruneAsync(OperationHarness harness, bool dryRun)
    {
        var instance = await harness.EndAsync(await harness.Operations.StartRetentionAsync("old", dryRun, default));
        Assert.Null(instance.Failure);
        return OperationQueries.ReadRetention(instance)!;
    }
}
