using System.Reflection;
using Microsoft.Extensions.Logging;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Telemetry;
using TfeBackup.Operations.Tests.Operations;
using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Operations.Tests.Telemetry;

public sealed class TelemetryTests
{
    [Fact]
    public void The_catalogue_lists_the_instruments_that_there_are()
    {
        using var telemetry = new OperationTelemetry(new EventLog());
        using var recording = new Recording(telemetry);

        Assert.Equal(
            TelemetryCatalog.Instruments.Select(i => (i.Name, i.Kind, i.Unit)).Order(),
            recording.Instruments.Select(i => (i.Name, i.GetType().Name.Split('`')[0].ToLowerInvariant(), i.Unit ?? "")).Order());
    }

    [Fact]
    public void The_catalogue_lists_the_events_and_fields_that_there_are()
    {
        using var log = new EventLog();
        using var telemetry = new OperationTelemetry(log);
        foreach (var method in typeof(TelemetryEvents).GetMethods(BindingFlags.Public | BindingFlags.Static))
        {
            var logger = method.Name == nameof(TelemetryEvents.InstallationState) ? telemetry.States : telemetry.Events;
            _ = method.Invoke(null, [logger, .. method.GetParameters().Skip(1).Select(p => Sample(p.ParameterType))]);
        }

        Assert.Equal(
            TelemetryCatalog.Events.Select(e => (e.Id, e.Name, e.Category, string.Join(' ', e.Fields.Order()))).Order(),
            log.Entries.Select(e => (e.Id.Id, e.Id.Name ?? "", e.Category, string.Join(' ', e.Fields.Keys.Order()))).Order());
    }

    [Fact]
    public async Task A_backup_is_measured_and_logged()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        var record = await harness.TakeBackupAsync();

        var recorded = harness.Recorded;
        Assert.Equal(
            new Dictionary<string, string?> { ["installation"] = "old", ["outcome"] = "ok", ["purpose"] = "Requested" },
            Assert.Single(recorded.Of("tfe_backup.duration")).Tags);
        Assert.Equal(3, Assert.Single(recorded.Of("tfe_backup.bytes")).Value);
        Assert.Single(recorded.Of("tfe_backup.source.duration"));
        Assert.Equal(
            new Dictionary<string, string?> { ["installation"] = "old", ["outcome"] = "ok" },
            Assert.Single(recorded.Of("tfe_backup.verification")).Tags);
        Assert.Equal(
            new Dictionary<string, string?> { ["kind"] = "Backup", ["installation"] = "old", ["outcome"] = "ok" },
            Assert.Single(recorded.Of("tfe_backup.operations")).Tags);

        var started = Assert.Single(harness.Events.Of("OperationStarted"));
        var published = Assert.Single(harness.Events.Of("BackupPublished"));
        Assert.Equal(record.OperationId, started.Fields["Operation"]);
        Assert.Equal(record.Key.ToString(), published.Fields["Backup"]);
        Assert.Equal(3L, published.Fields["Size"]);
        Assert.Equal(record.Key.ToString(), Assert.Single(harness.Events.Of("BackupVerified")).Fields["Backup"]);
    }

    [Fact]
    public async Task A_failure_is_counted_by_its_category()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        harness.Old.Backup = (_, _, _) => throw new OperationException(OperationError.Refused, "the token is wrong");
        await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        var tags = Assert.Single(harness.Recorded.Of("tfe_backup.operations")).Tags;
        Assert.Equal("failed", tags["outcome"]);
        Assert.Equal("Refused", tags["error"]);
        var failed = Assert.Single(harness.Events.Of("OperationFailed"));
        Assert.Equal(OperationError.Refused, failed.Fields["Error"]);
        Assert.Equal(LogLevel.Error, failed.Level);
        Assert.Equal("failed", Assert.Single(harness.Recorded.Of("tfe_backup.duration")).Tags["outcome"]);
    }

    [Fact]
    public async Task A_damaged_backup_is_a_failed_verification()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        var record = await harness.TakeBackupAsync();
        harness.Store.DamagedReads = 1;
        await harness.EndAsync(await harness.Operations.StartVerifyAsync(record.Key, default));

        Assert.Equal(["ok", "failed"], harness.Recorded.Of("tfe_backup.verification").Select(m => m.Tags["outcome"]));
        Assert.Equal(OperationError.Corrupt, Assert.Single(harness.Events.Of("VerificationFailed")).Fields["Error"]);
    }

    [Fact]
    public async Task The_time_an_operator_takes_is_not_the_operations()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        harness.ByHand = true;
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(new() { Backup = "latest", Target = "new" }, default);
        await harness.WaitingAsync(id);
        harness.Time.Advance(TimeSpan.FromHours(3));
        await harness.Operations.AnswerAsync(id, OperationEvents.Restarted, new ApprovalDecision(true, "who"), default);
        Assert.Null((await harness.EndAsync(id)).Failure);

        Assert.InRange(Assert.Single(harness.Recorded.Of("tfe_backup.restore.duration")).Value, 0, 3_600);
        Assert.InRange(Assert.Single(harness.Recorded.Of("tfe_backup.restart.duration")).Value, 0, 3_600);
    }

    [Fact]
    public async Task All_spans_of_an_operation_are_one_trace()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        var record = await harness.TakeBackupAsync();
        var spans = harness.Recorded.Spans.Where(span => Equals(span.GetTagItem("tfe_backup.operation"), record.OperationId)).ToList();

        Assert.Single(spans.Select(span => span.TraceId).Distinct());
        Assert.Single(spans.Select(span => span.ParentSpanId).Distinct());
        Assert.Equal(
            ["AskInstallation", "Backup", "Claim", "PlanBackup", "Publish", "Report", "StreamBackup", "VerifyBlob"],
            spans.Select(span => span.OperationName).Order());
        Assert.All(spans, span => Assert.Equal("old", span.GetTagItem("tfe_backup.installation")));

        var other = await harness.TakeBackupAsync();
        Assert.NotEqual(
            spans[0].TraceId, harness.Recorded.Spans.First(span => Equals(span.GetTagItem("tfe_backup.operation"), other.OperationId)).TraceId);
    }

    private static object? Sample(Type type) =>
        Nullable.GetUnderlyingType(type) is { } inner ? Sample(inner)
        : type == typeof(string) ? "text"
        : Activator.CreateInstance(type);
}
