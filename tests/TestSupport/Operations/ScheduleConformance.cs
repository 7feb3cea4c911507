using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

public abstract class ScheduleConformance : OperationConformance
{
    [Fact]
    public async Task Late_doubled_missed_and_concurrent_ticks_make_exactly_one_backup()
    {
        await using var harness = await StartAsync();
        harness.Time.SetUtcNow(new DateTimeOffset(2030, 1, 1, 12, 30, 0, TimeSpan.Zero));
        var definition = harness.GetDefinition("old") with { Schedule = BackupSchedule.Parse("0 0 * * * *") };
        var schedulers = Enumerable.Range(0, 4).Select(_ => Create(harness, definition)).ToList();
        Assert.Equal(["backup-old-20300101T120000Z"], await TickAllAsync(schedulers));
        await harness.EndAsync("backup-old-20300101T120000Z");
        harness.Time.SetUtcNow(new DateTimeOffset(2030, 1, 1, 17, 59, 59, TimeSpan.Zero));

        Assert.Equal(["backup-old-20300101T170000Z"], await TickAllAsync(schedulers));
        Assert.Empty(await TickAllAsync(schedulers));
        await harness.EndAsync("backup-old-20300101T170000Z");
        Assert.Equal(2, (await harness.RecordsAsync()).Count);
        Assert.Equal(2, harness.Events.Of("OperationStarted").Count);
    }

    [Fact]
    public async Task Retention_and_drills_have_schedules_of_their_own()
    {
        await using var harness = await StartAsync();
        harness.Time.SetUtcNow(new DateTimeOffset(2030, 1, 1, 12, 30, 0, TimeSpan.Zero));
        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        var scheduler = Create(harness, harness.GetDefinition("old") with
        {
            Schedule = BackupSchedule.Parse("0 0 3 * * *"),
            RetentionSchedule = BackupSchedule.Parse("0 0 4 * * *"),
            Drill = new DrillDefinition("new", BackupSchedule.Parse("0 0 5 * * 0")),
        });
        string[] ids = ["backup-old-20300101T030000Z", "drill-old-20291230T050000Z", "retention-old-20300101T040000Z"];

        Assert.Equal(ids, (await scheduler.TickAsync(default)).Order());
        Assert.Equal(ids, scheduler.CurrentIds().Order());
        Assert.Equal(new DateTimeOffset(2030, 1, 2, 3, 0, 0, TimeSpan.Zero), scheduler.NextDue());
        Assert.Empty(await scheduler.TickAsync(default));
        foreach (var id in ids)
        {
            await harness.EndAsync(id);
        }
    }

    [Fact]
    public async Task A_scheduled_operation_is_skipped_naming_the_one_in_its_way()
    {
        await using var harness = await StartAsync();
        harness.ByHand = true;
        var holder = await harness.Operations.StartRestartAsync("old", default);
        await harness.WaitingAsync(holder);
        harness.Time.SetUtcNow(new DateTimeOffset(2030, 1, 1, 12, 0, 30, TimeSpan.Zero));
        var scheduler = Create(harness, harness.GetDefinition("old") with { Schedule = BackupSchedule.Parse("0 0 * * * *") });
        var id = Assert.Single(await scheduler.TickAsync(default));
        var instance = await harness.EndAsync(id);

        Assert.Equal(OperationError.Busy, instance.Failure!.Error);
        Assert.Equal($"Skipped: operation {holder} was using installation old when this was due.", instance.Failure.Message);
        var skipped = Assert.Single(harness.Events.Of("TickSkipped")).Fields;
        Assert.Equal((id, holder, "old"), (skipped["Operation"], skipped["Holder"], skipped["Installation"]));
        Assert.Empty(harness.Events.Of("OperationFailed"));
        var tags = Assert.Single(harness.Recorded.Of("tfe_backup.operations")).Tags;
        Assert.Equal(("cancelled", "Busy"), (tags["outcome"], tags["error"]));
        Assert.Empty(harness.Recorded.Of("tfe_backup.duration"));
        Assert.Equal(OperationState.Running, (await harness.Queries.FindAsync(holder, default))!.State);
    }

    [Fact]
    public async Task A_missed_operation_begins_when_the_one_in_its_way_ends()
    {
        await using var harness = await StartAsync();
        harness.ByHand = true;
        var holder = await harness.Operations.StartRestartAsync("old", default);
        await harness.WaitingAsync(holder);
        harness.Time.SetUtcNow(new DateTimeOffset(2030, 1, 1, 12, 30, 0, TimeSpan.Zero));
        var scheduler = Create(harness, harness.GetDefinition("old") with { Schedule = BackupSchedule.Parse("0 0 * * * *") });
        var id = Assert.Single(await scheduler.TickAsync(default));
        await WaitFor.ConditionAsync(
            async () => (await harness.Queries.GetAsync(id, default)).Status?.Steps[^1].Detail?.Contains($"begins when operation {holder} ends", StringComparison.Ordinal) == true,
            "the backup to say what it waits for",
            TimeSpan.FromSeconds(30));
        Assert.Empty(await scheduler.TickAsync(default));
        await harness.Operations.AnswerAsync(holder, OperationEvents.Restarted, new ApprovalDecision(true), default);

        Assert.Equal(OperationState.Completed, (await harness.EndAsync(id)).State);
        Assert.Empty(harness.Events.Of("TickSkipped"));
        Assert.Single(await harness.RecordsAsync());
    }

    [Fact]
    public async Task A_missed_operation_still_waiting_when_next_due_is_skipped()
    {
        await using var harness = await StartAsync();
        harness.ByHand = true;
        var holder = await harness.Operations.StartRestartAsync("old", default);
        await harness.WaitingAsync(holder);
        var now = DateTimeOffset.UtcNow;
        var (id, _) = await harness.Operations.StartScheduledAsync(OperationKind.Backup, "old", now.AddHours(-1), default, waitUntil: now.AddSeconds(1));

        Assert.Equal(OperationError.Busy, (await harness.EndAsync(id)).Failure!.Error);
        Assert.Single(harness.Events.Of("TickSkipped"));
    }

    [Fact]
    public async Task Of_missed_ticks_the_last_is_made_up_for_once()
    {
        await using var harness = await StartAsync();
        var nightly = harness.GetDefinition("old") with { Schedule = BackupSchedule.Parse("0 0 3 * * *") };
        var onRequest = harness.GetDefinition("new");
        var scheduler = Create(harness, nightly, onRequest);
        var first = Assert.Single(await scheduler.TickAsync(default));
        Assert.Empty(await scheduler.TickAsync(default));
        await harness.EndAsync(first);

        // Down for four nights.
        harness.Time.Advance(TimeSpan.FromDays(4));
        var second = Assert.Single(await scheduler.TickAsync(default));
        Assert.Empty(await Create(harness, nightly, onRequest).TickAsync(default));
        await harness.EndAsync(second);

        Assert.EndsWith("T030000Z", second, StringComparison.Ordinal);
        Assert.Equal(2, (await harness.RecordsAsync()).Count);
        Assert.Equal([second], scheduler.CurrentIds());
    }

    [Fact]
    public async Task A_running_scheduler_ticks_when_something_is_due()
    {
        await using var harness = await StartAsync();
        var scheduler = Create(harness, harness.GetDefinition("old") with { Schedule = BackupSchedule.Parse("0 0 * * * *") });
        using var stopping = new CancellationTokenSource();
        var run = scheduler.RunAsync(stopping.Token);
        await WaitFor.ConditionAsync(
            async () =>
            {
                harness.Time.Advance(TimeSpan.FromMinutes(5));
                return (await harness.RecordsAsync()).Count >= 3;
            },
            "three hourly backups",
            OperationHarness.Deadline);
        await stopping.CancelAsync();
        await run;

        Assert.All(await harness.RecordsAsync(), record => Assert.EndsWith("0000Z", record.OperationId, StringComparison.Ordinal));
    }

    private static BackupScheduler Create(OperationHarness harness, params InstallationDefinition[] definitions) =>
        new(definitions, harness.Operations, harness.Time, NullLogger<BackupScheduler>.Instance);

    // Azure Storage tells everybody who starts an id at the same moment that they did.
    private static async Task<IEnumerable<string>> TickAllAsync(List<BackupScheduler> schedulers) =>
        (await Task.WhenAll(schedulers.Select(scheduler => Task.Run(() => scheduler.TickAsync(default))))).SelectMany(ids => ids).Distinct();
}
