using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

public abstract class DrillConformance : OperationConformance
{
    [Fact]
    public async Task A_drill_restores_the_newest_backup_and_finds_everything_as_it_was()
    {
        await using var harness = await CreateAsync();
        var record = await harness.TakeBackupAsync();

        // The same rows, in another order, in parts that break anywhere, with the columns as another database happens to have them.
        var arrived = new DrillContent { PartSize = 7 };
        arrived.Tables["workspaces"] = (["name", "id"], ["\\N\t3", "dns\t2", "\\N\t3", "network\t1"]);
        arrived.Tables["variables"] = (arrived.Tables["variables"].Columns, [.. arrived.Tables["variables"].Rows.Reverse()]);
        harness.New.Backup = (password, skip, _) => arrived.BackUpAsync(password, skip);
        var instance = await DrillAsync(harness);

        Assert.Null(instance.Failure);
        Assert.Equal(
            ["plan", "claim installation/new", $"claim backup/{record.Key}", "target ready", "verify", "record check", "target still ready", "restore", "compare",
             "plan restart", "stop", "stopped", "start", "ready again", "look again", "record check"],
            OperationHarness.Steps(instance));
        Assert.Equal(["restore", "backup", "stop", "start"], harness.New.Calls.Where(call => call != "status"));
        var result = new DrillResult("new", Compared: true, Tables: 3, Rows: 6, Objects: 3);
        Assert.Equal(result, OperationQueries.ReadDrill(instance)!.Result);
        var check = (await harness.ChecksAsync(record.Key))[^1];
        Assert.Equal((CheckKind.Drill, true, result), (check.Kind, check.Passed, check.Drill));
        Assert.Equal(instance.Id, check.OperationId);

        Assert.Equal("ok", Assert.Single(harness.Recorded.Of("tfe_backup.drill")).Tags["outcome"]);
        Assert.Single(harness.Recorded.Of("tfe_backup.drill.duration"));
        var said = Assert.Single(harness.Events.Of("DrillCompleted")).Fields;
        Assert.Equal(("new", "ok", true, 6L), (said["Into"], said["Outcome"], said["Compared"], said["Rows"]));
    }

    [Theory]
    [InlineData("count", "table public.workspaces: 4 rows in the backup, 3 in new")]
    [InlineData("row", "table public.workspaces: 4 rows in both, with different content")]
    [InlineData("multiple", "table public.workspaces: 4 rows in both, with different content")]
    [InlineData("column", "table public.variables has different columns in new")]
    [InlineData("table", "table public.variables is missing in new")]
    [InlineData("extra rows", "table public.more: 1 rows in new, but no such table in the backup")]
    [InlineData("sequence", "sequence public.workspaces_id_seq: at 3 in the backup, at 4 in new")]
    [InlineData("object missing", "object states/2 is missing in new")]
    [InlineData("object added", "object states/3 is in new but not in the backup")]
    [InlineData("object shorter", "object states/1: 3 bytes in the backup, 2 in new")]
    [InlineData("object changed", "object ä: 5 bytes in both, with different content")]
    public async Task What_did_not_arrive_is_named(string fault, string difference)
    {
        await using var harness = await CreateAsync();
        var record = await harness.TakeBackupAsync();
        var arrived = new DrillContent();
        Spoil(arrived, fault);
        harness.New.Backup = (password, skip, _) => arrived.BackUpAsync(password, skip);
        var instance = await DrillAsync(harness);

        Assert.Equal(OperationError.Corrupt, instance.Failure!.Error);
        Assert.Contains($"in 1 places: {difference}.", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Contains(difference, OperationHarness.Step(instance, "compare").Detail, StringComparison.Ordinal);
        var check = (await harness.ChecksAsync(record.Key))[^1];
        Assert.False(check.Passed);
        Assert.Contains(difference, check.Failure, StringComparison.Ordinal);
        Assert.Equal(1L, Assert.Single(harness.Events.Of("DrillCompleted")).Fields["Differences"]);
        Assert.Equal("failed", Assert.Single(harness.Recorded.Of("tfe_backup.drill")).Tags["outcome"]);
    }

    [Fact]
    public async Task A_failed_drill_says_nothing_against_the_backup()
    {
        await using var harness = await CreateAsync();
        var record = await harness.TakeBackupAsync();
        harness.New.Restore = (_, _, _) => throw new OperationException(OperationError.SchemaMismatch, "the scratch installation lacks a table");
        Assert.Equal(OperationError.SchemaMismatch, (await DrillAsync(harness)).Failure!.Error);

        var checks = await harness.ChecksAsync(record.Key);
        Assert.Equal([(CheckKind.Verification, true), (CheckKind.Drill, false)], checks.Select(check => (check.Kind, check.Passed)));
        Assert.Equal(record.Key, (await new BackupFinder(harness.Store).FindAsync("old/latest", default)).Record.Key);
    }

    [Fact]
    public async Task A_backup_without_objects_is_compared_without_objects()
    {
        await using var harness = await CreateAsync();
        harness.Define = definition => Configure(definition) with { SkipObjectStorage = true };
        await harness.TakeBackupAsync();
        bool? skipped = null;
        var arrived = new DrillContent();
        harness.New.Backup = (password, skip, _) =>
        {
            skipped = skip;
            return arrived.BackUpAsync(password, skip);
        };
        var instance = await DrillAsync(harness);

        Assert.Null(instance.Failure);
        Assert.True(skipped);
        Assert.Equal(0, OperationQueries.ReadDrill(instance)!.Result.Objects);
    }

    [Fact]
    public async Task The_password_of_the_comparison_stays_in_the_process()
    {
        await using var harness = await CreateAsync();
        await harness.TakeBackupAsync();
        var used = "";
        var arrived = new DrillContent();
        harness.New.Backup = (password, skip, _) =>
        {
            used = password;
            return arrived.BackUpAsync(password, skip);
        };
        var instance = await DrillAsync(harness);

        Assert.Null(instance.Failure);
        Assert.NotEqual(OperationHarness.Password, used);
        Assert.True(used.Length >= 32);
        Assert.DoesNotContain(used, await harness.HistoryAsync(instance.Id), StringComparison.Ordinal);
        Assert.Empty(await harness.RecordsAsync("new"));
        Assert.Empty(await harness.OrphansAsync());
    }

    [Fact]
    public async Task An_opaque_backup_is_restored_and_said_not_to_be_compared()
    {
        await using var harness = await CreateAsync();
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream([1, 2, 3]));
        await harness.TakeBackupAsync();
        var instance = await DrillAsync(harness);

        Assert.Null(instance.Failure);
        Assert.Equal([1, 2, 3], harness.New.Restored);
        Assert.Equal(new DrillResult("new", Compared: false), OperationQueries.ReadDrill(instance)!.Result);
        Assert.Contains(instance.Status!.Warnings, warning => warning.Contains("opaque", StringComparison.Ordinal));
        Assert.DoesNotContain("compare", OperationHarness.Steps(instance));
    }

    [Fact]
    public async Task Production_is_never_overwritten()
    {
        await using var harness = await CreateAsync();
        await harness.TakeBackupAsync();
        harness.Define = definition => Configure(definition) with { Schedule = BackupSchedule.Parse("0 0 3 * * *") };
        var instance = await harness.EndAsync(await harness.Operations.StartDrillAsync(harness.GetDefinition("old"), default));

        Assert.Equal(OperationError.InvalidConfiguration, instance.Failure!.Error);
        Assert.Contains("Installations:old:Drill:Into: is 'new', which has its own Schedule", instance.Failure.Message, StringComparison.Ordinal);
        harness.Define = definition => definition with { Drill = new DrillDefinition("old", null) };
        instance = await harness.EndAsync(await harness.Operations.StartDrillAsync(harness.GetDefinition("old"), default));
        Assert.Contains("is the installation itself", instance.Failure!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("restore", harness.New.Calls.Concat(harness.Old.Calls));

        harness.Define = definition => definition;
        Assert.Equal(
            OperationError.InvalidConfiguration,
            (await Assert.ThrowsAsync<OperationException>(() => harness.Operations.StartDrillAsync(harness.GetDefinition("old"), default))).Error);
    }

    [Fact]
    public async Task While_a_drill_lasts_its_scratch_installation_is_taken_and_production_is_not()
    {
        await using var harness = await CreateAsync();
        harness.ByHand = true;
        var arrived = new DrillContent();
        harness.New.Backup = (password, skip, _) => arrived.BackUpAsync(password, skip);
        await harness.TakeBackupAsync();
        var drill = await harness.Operations.StartDrillAsync(harness.GetDefinition("old"), default);
        await harness.WaitingAsync(drill);

        var busy = await Assert.ThrowsAsync<OperationException>(() => harness.Operations.StartRestartAsync("new", default));
        Assert.Contains(drill, busy.Message, StringComparison.Ordinal);
        busy = await Assert.ThrowsAsync<OperationException>(() => harness.Operations.StartDrillAsync(harness.GetDefinition("old"), default));
        Assert.Equal($"Operation {drill} is using installation new; wait for it or cancel it.", busy.Message);
        await harness.TakeBackupAsync();
        await harness.Operations.AnswerAsync(drill, OperationEvents.Restarted, new ApprovalDecision(true, "who"), default);
        Assert.Null((await harness.EndAsync(drill)).Failure);
    }

    private static InstallationDefinition Configure(InstallationDefinition definition) =>
        definition with { Drill = definition.Name == "old" ? new DrillDefinition("new", null) : null };

    private async Task<OperationHarness> CreateAsync()
    {
        var harness = await StartAsync();
        harness.Define = Configure;
        var content = new DrillContent();
        harness.Old.Backup = (password, skip, _) => content.BackUpAsync(password, skip);
        harness.New.Answer = harness.Old.Answer;
        return harness;
    }

    private static async Task<OperationInstance> DrillAsync(OperationHarness harness) =>
        await harness.EndAsync(await harness.Operations.StartDrillAsync(harness.GetDefinition("old"), default));

    private static void Spoil(DrillContent content, string fault)
    {
        var (columns, rows) = content.Tables["workspaces"];
        switch (fault)
        {
            case "count":
                content.Tables["workspaces"] = (columns, rows[..3]);
                break;
            case "row":
                content.Tables["workspaces"] = (columns, ["1\tnetwork", "2\tdnt", "3\t\\N", "3\t\\N"]);
                break;
            case "multiple":
                content.Tables["workspaces"] = (columns, ["1\tnetwork", "1\tnetwork", "2\tdns", "3\t\\N"]);
                break;
            case "column":
                content.Tables["variables"] = (["id", "workspace", "worth"], content.Tables["variables"].Rows);
                break;
            case "table":
                content.Tables.Remove("variables");
                break;
            case "extra rows":
                content.Tables["more"] = (["id"], ["1"]);
                break;
            case "sequence":
                content.Sequence = 4;
                break;
            case "object missing":
                content.Objects.Remove("states/2");
                break;
            case "object added":
                content.Objects["states/3"] = "";
                break;
            case "object shorter":
                content.Objects["states/1"] = "on";
                break;
            case "object changed":
                content.Objects["ä"] = "thref";
                break;
            default:
                throw new ArgumentException(fault);
        }
    }
}
