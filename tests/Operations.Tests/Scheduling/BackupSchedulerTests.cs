using Microsoft.Extensions.Logging.Abstractions;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Tests.Operations;
using TfeBackup.TestSupport;

namespace TfeBackup.Operations.Tests.Scheduling;

public sealed class BackupSchedulerTests
{
    [Fact]
    public async Task Late_doubled_missed_and_concurrent_ticks_make_exactly_one_backup()
    {
        await using var harness = new OperationHarness();
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
    }

    [Fact]
    public async Task Retention_and_drills_have_schedules_of_their_own()
    {
        await using var harness = new OperationHarness();
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
    public async Task What_is_due_while_another_operation_works_is_skipped_and_says_by_which()
    {
        await using var harness = new OperationHarness { ByHand = true };
        var holder = await harness.Operations.StartRestartAsync("old", default);
        await harness.WaitingAsync(holder);
        harness.Time.SetUtcNow(new DateTimeOffset(2030, 1, 1, 12, 0, 30, TimeSpan.Zero));
        var scheduler = Create(harness, harness.GetDefinition("old") with { Schedule = BackupSchedule.Parse("0 0 * * * *") });
        var id = Assert.Single(await scheduler.TickAsync(default));
        var instance = await harness.EndAsync(id);

        Assert.Equal(OperationError.Busy, instance.Failure!.Error);
        Assert.Equal($"Skipped: operation {holder} was at work on installation old when this was due.", instance.Failure.Message);
        var skipped = Assert.Single(harness.Events.Of("TickSkipped")).Fields;
        Assert.Equal((id, holder, "old"), (skipped["Operation"], skipped["Holder"], skipped["Installation"]));
        Assert.Empty(harness.Events.Of("OperationFailed"));
        var tags = Assert.Single(harness.Recorded.Of("tfe_backup.operations")).Tags;
        Assert.Equal(("cancelled", "Busy"), (tags["outcome"], tags["error"]));
        Assert.Empty(harness.Recorded.Of("tfe_backup.duration"));
        Assert.Equal(OperationState.Running, (await harness.Queries.FindAsync(holder, default))!.State);
    }

    [Fact]
    public async Task What_was_due_while_nothing_ran_begins_when_the_operation_in_its_way_ends()
    {
        await using var harness = new OperationHarness { ByHand = true };
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
    public async Task What_waits_for_an_operation_until_it_would_be_due_again_is_skipped()
    {
        await using var harness = new OperationHarness { ByHand = true };
        var holder = await harness.Operations.StartRestartAsync("old", default);
        await harness.WaitingAsync(holder);
        var now = DateTimeOffset.UtcNow;
        var (id, _) = await harness.Operations.StartScheduledAsync(OperationKind.Backup, "old", now.AddHours(-1), default, waitUntil: now.AddSeconds(1));

        Assert.Equal(OperationError.Busy, (await harness.EndAsync(id)).Failure!.Error);
        Assert.Single(harness.Events.Of("TickSkipped"));
    }

    [Theory]
    [InlineData("0 0 3 * * *", 24)]
    [InlineData("0 0 3 * * 0", 168)]
    [InlineData("0 0 3,15 * * 1-5", 60)]
    [InlineData("0 0 3 1 * *", 744)]
    public void The_longest_gap_of_a_schedule_is_found(string expression, int hours) =>
        Assert.Equal(
            TimeSpan.FromHours(hours), BackupSchedule.Parse(expression).LongestGap(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero)));

    private static BackupScheduler Create(OperationHarness harness, params InstallationDefinition[] definitions) =>
        new(definitions, harness.Operations, harness.Time, NullLogger<BackupScheduler>.Instance);

    private static async Task<IEnumerable<string>> TickAllAsync(List<BackupScheduler> schedulers) =>
        (await Task.WhenAll(schedulers.Select(scheduler => Task.Run(() => scheduler.TickAsync(default))))).SelectMany(ids => ids);
}
