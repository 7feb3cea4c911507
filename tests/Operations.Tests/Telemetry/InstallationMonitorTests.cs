using TfeBackup.Operations.Model;
using TfeBackup.Operations.Tests.Operations;
using TfeBackup.TestSupport.BackupStores;
using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Operations.Tests.Telemetry;

public sealed class InstallationMonitorTests
{
    [Fact]
    public async Task The_age_of_the_last_verified_backup_grows_from_tick_to_tick()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        var record = await harness.TakeBackupAsync();
        var monitor = Create(harness, TimeSpan.FromHours(2));
        var first = harness.Time.GetUtcNow() - record.Started;
        var state = Assert.Single(await monitor.TickAsync(default));
        harness.Time.Advance(TimeSpan.FromMinutes(1));
        await monitor.TickAsync(default);

        Assert.Equal(record.Key, state.LastVerified);
        Assert.Equal(
            [first.TotalSeconds, first.TotalSeconds + 60], harness.Recorded.Of("tfe_backup.age_of_last_verified").Select(m => m.Value));
        Assert.Equal(7_200, harness.Recorded.Of("tfe_backup.rpo")[0].Value);
        Assert.Equal(1, harness.Recorded.Of("tfe_backup.stored")[0].Value);
        Assert.Equal(record.Size, harness.Recorded.Of("tfe_backup.stored.bytes")[0].Value);
        Assert.Equal(record.Key.ToString(), harness.Events.Of("InstallationState")[0].Fields["Backup"]);
        Assert.Empty(harness.Events.Of("BackupOverdue"));
    }

    [Fact]
    public async Task The_store_is_not_asked_at_every_tick()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        await harness.TakeBackupAsync();
        var monitor = Create(harness, TimeSpan.FromDays(1));
        var before = harness.Store.Listings;
        for (var minute = 0; minute < 60; minute++)
        {
            await monitor.TickAsync(default);
            harness.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(4, harness.Store.Listings - before);
        Assert.Equal(60, harness.Recorded.Of("tfe_backup.age_of_last_verified").Count);
    }

    [Fact]
    public async Task A_backup_that_is_overdue_is_looked_for_before_anybody_is_woken()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        await harness.TakeBackupAsync();
        var monitor = Create(harness, TimeSpan.FromMinutes(12));
        await monitor.TickAsync(default);
        harness.Time.Advance(TimeSpan.FromMinutes(11));
        var second = await harness.TakeBackupAsync();
        harness.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(second.Key, Assert.Single(await monitor.TickAsync(default)).LastVerified);
        Assert.Empty(harness.Events.Of("BackupOverdue"));
    }

    [Fact]
    public async Task A_backup_that_is_overdue_is_said_once_an_hour()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        await harness.TakeBackupAsync();
        var monitor = Create(harness, TimeSpan.FromHours(1));
        harness.Time.Advance(TimeSpan.FromMinutes(70));
        for (var minute = 0; minute < 90; minute++)
        {
            await monitor.TickAsync(default);
            harness.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2, harness.Events.Of("BackupOverdue").Count);
    }

    [Fact]
    public async Task An_installation_without_any_backup_is_overdue_and_has_no_age()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        await Create(harness, TimeSpan.FromHours(1)).TickAsync(default);

        var overdue = Assert.Single(harness.Events.Of("BackupOverdue"));
        Assert.Null(overdue.Fields["AgeSeconds"]);
        Assert.Contains("within its RPO of 3600 s; the last one: none ", overdue.Message, StringComparison.Ordinal);
        Assert.Contains("last verified backup none; 0 backups of 0 bytes; last drill none ", harness.Events.Of("InstallationState")[0].Message, StringComparison.Ordinal);
        Assert.Empty(harness.Recorded.Of("tfe_backup.age_of_last_verified"));
        Assert.Equal(0, Assert.Single(harness.Recorded.Of("tfe_backup.stored")).Value);
    }

    [Fact]
    public async Task Backups_whose_last_check_failed_and_safety_backups_do_not_count()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        var good = await harness.TakeBackupAsync();
        harness.Time.Advance(TimeSpan.FromHours(1));
        var damaged = await harness.TakeBackupAsync();
        await harness.Store.AddCheckAsync(
            damaged.Key, new CheckRecord { Time = harness.Time.GetUtcNow(), OperationId = "verify-old", Passed = false, Failure = "Corrupt" }, default);
        harness.Time.Advance(TimeSpan.FromHours(1));
        var key = BackupKey.Create("old", harness.Time.GetUtcNow(), Guid.NewGuid());
        await using (var upload = await harness.Store.BeginUploadAsync(key, default))
        {
            var content = await upload.WriteAsync(new MemoryStream([1]), null, default);
            await upload.CommitAsync(default);
            await harness.Store.PublishAsync(
                BackupRecords.Record(key, content) with { Started = harness.Time.GetUtcNow(), Purpose = BackupPurpose.Safety }, default);
        }

        var state = Assert.Single(await Create(harness, null).TickAsync(default));
        Assert.Equal(good.Key, state.LastVerified);
        Assert.Equal(3, state.Stored);
    }

    [Fact]
    public async Task A_check_that_was_given_a_wrong_password_does_not_make_a_backup_unverified()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        var record = await harness.TakeBackupAsync();
        await harness.Store.AddCheckAsync(
            record.Key,
            new CheckRecord { Time = harness.Time.GetUtcNow(), OperationId = "verify-old", Passed = false, Failure = "WrongPassword: another one" },
            default);

        Assert.Equal(record.Key, Assert.Single(await Create(harness, null).TickAsync(default)).LastVerified);
    }

    [Fact]
    public async Task The_age_of_the_last_drill_that_passed_grows_and_before_the_first_that_of_the_oldest_backup()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        var record = await harness.TakeBackupAsync();
        var drilled = harness.GetDefinition("old") with { Drill = new DrillDefinition("new", BackupSchedule.Parse("0 0 5 * * 0")) };
        var monitor = new InstallationMonitor([drilled], harness.Store, harness.Secrets, harness.Telemetry, harness.Time);
        harness.Time.Advance(TimeSpan.FromHours(30));
        await monitor.TickAsync(default);
        var passed = harness.Time.GetUtcNow();
        await AddAsync(passed, passed: true);
        await AddAsync(passed + TimeSpan.FromMinutes(5), passed: false);
        harness.Time.Advance(TimeSpan.FromHours(1));
        var state = Assert.Single(await monitor.TickAsync(default));
        harness.Time.Advance(TimeSpan.FromHours(1));
        await monitor.TickAsync(default);

        Assert.Equal((passed, record.Key), (state.LastDrillTime, state.LastVerified));
        Assert.Equal(
            [(passed - record.Started).TotalSeconds, 3_600, 7_200], harness.Recorded.Of("tfe_backup.age_of_last_drill").Select(m => m.Value));
        Assert.Equal(604_800, harness.Recorded.Of("tfe_backup.drill.interval")[0].Value);

        Task AddAsync(DateTimeOffset time, bool passed) => harness.Store.AddCheckAsync(
            record.Key, new CheckRecord { Kind = CheckKind.Drill, Time = time, OperationId = "drill-old", Passed = passed }, default);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_leaves_the_age_growing()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        await harness.TakeBackupAsync();
        var monitor = Create(harness, TimeSpan.FromMinutes(30));
        await monitor.TickAsync(default);
        harness.Store.RefuseList = new OperationException(OperationError.Unavailable, "the store does not answer");
        harness.Time.Advance(TimeSpan.FromHours(1));
        await monitor.TickAsync(default);

        Assert.Equal("the store does not answer", Assert.Single(harness.Events.Of("StateUnknown")).Fields["Failure"]);
        Assert.InRange(harness.Recorded.Of("tfe_backup.age_of_last_verified")[1].Value, 3_600, 4_000);
        Assert.Empty(harness.Events.Of("BackupOverdue"));
    }

    [Fact]
    public async Task A_secret_that_expires_soon_is_said()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        harness.Secrets.Set("token", "v1", "x");
        harness.Secrets.ExpiresOn["backup-password"] = harness.Time.GetUtcNow() + TimeSpan.FromDays(10);
        harness.Secrets.ExpiresOn["token"] = harness.Time.GetUtcNow() + TimeSpan.FromDays(100);
        var monitor = Create(harness, null);
        await monitor.TickAsync(default);
        await monitor.TickAsync(default);

        Assert.Equal("backup-password", Assert.Single(harness.Events.Of("SecretExpiring")).Fields["Secret"]);
        Assert.Equal(
            [(864_000, "backup-password"), (864_000, "backup-password"), (8_640_000, "token"), (8_640_000, "token")],
            harness.Recorded.Of("tfe_backup.secret.expires_in").Select(m => ((int)m.Value, m.Tags["secret"])).Order());
    }

    private static InstallationMonitor Create(OperationHarness harness, TimeSpan? rpo) => new(
        [harness.GetDefinition("old") with { Rpo = rpo }], harness.Store, harness.Secrets, harness.Telemetry, harness.Time);
}
