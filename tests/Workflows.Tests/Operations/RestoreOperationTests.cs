using TfeBackup.Engine.Application;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.BackupStores;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Tests.Operations;

public sealed class RestoreOperationTests
{
    [Fact]
    public async Task The_latest_backup_is_verified_restored_and_the_application_restarted()
    {
        await using var harness = new OperationHarness();
        var archive = await SampleArchive.CreateAsync(OperationHarness.Password);
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(archive));
        var record = await harness.TakeBackupAsync();
        var used = "";
        harness.New.Restore = (_, password, _) =>
        {
            used = password;
            return Task.CompletedTask;
        };
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Null(instance.Failure);
        Assert.Equal(archive, harness.New.Restored);
        Assert.Equal(OperationHarness.Password, used);
        Assert.Equal(
            ["claim installation/new", "plan", $"claim backup/{record.Key}", "verify", "record check", "target ready", "restore",
             "plan restart", "stop", "stopped", "start", "ready again", "look again"],
            OperationHarness.Steps(instance));
        Assert.Equal(["restore", "stop", "start"], harness.New.Calls.Where(call => call != "status"));
        var output = OperationService.ReadRestore(instance)!;
        Assert.Equal((record.Key, "new", null, false), (output.Backup, output.Target, output.Safety, output.Restart.ByHand));
        var check = Assert.Single(await harness.ChecksAsync(record.Key));
        Assert.True(check.Passed);
        Assert.Equal(instance.Id, check.OperationId);
    }

    [Fact]
    public async Task A_target_that_holds_data_is_refused_before_anything_is_sent()
    {
        await using var harness = new OperationHarness();
        await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(WorkflowError.TargetNotEmpty, instance.Failure!.Error);
        Assert.Contains("--overwrite", instance.Failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("restore", harness.New.Calls);
        Assert.DoesNotContain("stop", harness.New.Calls);
    }

    [Theory]
    [InlineData(InstallationContent.HoldsData)]
    [InlineData(InstallationContent.Unknown)]
    public async Task Before_a_target_is_overwritten_a_safety_backup_of_it_is_published(InstallationContent content)
    {
        await using var harness = new OperationHarness();
        var record = await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = content };
        harness.New.Backup = (_, skip, _) => skip ? throw new InvalidOperationException("incomplete") : Task.FromResult<Stream>(new TestStream(70_000));
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });

        Assert.Null(instance.Failure);
        Assert.Equal(["backup", "restore", "stop", "start"], harness.New.Calls.Where(call => call != "status"));
        var safety = Assert.Single(await harness.RecordsAsync("new"));
        Assert.Equal((BackupPurpose.Safety, 70_000), (safety.Purpose, safety.Size));
        Assert.Equal(safety.Key, OperationService.ReadRestore(instance)!.Safety);

        // What was overwritten is not what "latest" means afterwards.
        var again = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });
        Assert.Equal(record.Key, OperationService.ReadRestore(again)!.Backup);
    }

    [Fact]
    public async Task Without_a_safety_backup_a_target_is_not_overwritten()
    {
        await using var harness = new OperationHarness();
        await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
        harness.New.Backup = (_, _, _) => throw new WorkflowException(WorkflowError.Refused, "400: no.");
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });

        Assert.Equal(WorkflowError.Refused, instance.Failure!.Error);
        Assert.DoesNotContain("restore", harness.New.Calls);
    }

    [Fact]
    public async Task An_approved_restore_goes_on()
    {
        await using var harness = new OperationHarness();
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "latest", Target = "new", RequireApproval = true }, default);
        var wait = await harness.WaitingAsync(id);
        Assert.Equal(OperationEvents.Approval, wait.Event);
        Assert.DoesNotContain("restore", harness.New.Calls);
        await Assert.ThrowsAsync<WorkflowException>(() => harness.Operations.ConfirmRestartAsync(id, new OperatorNote(), default));
        await harness.Operations.ApproveAsync(id, new ApprovalDecision(true, "Kim"), default);

        Assert.Equal(WorkflowState.Completed, (await harness.EndAsync(id)).State);
    }

    [Fact]
    public async Task A_declined_restore_changes_nothing_and_says_who_declined()
    {
        await using var harness = new OperationHarness();
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "latest", Target = "new", RequireApproval = true }, default);
        await harness.WaitingAsync(id);
        await harness.Operations.ApproveAsync(id, new ApprovalDecision(false, "Kim", "wrong window"), default);
        var instance = await harness.EndAsync(id);

        Assert.Equal(new WorkflowFailure(WorkflowError.Refused, "Kim declined: wrong window; nothing was changed."), instance.Failure);
        Assert.DoesNotContain("restore", harness.New.Calls);
    }

    [Fact]
    public async Task A_restore_nobody_approves_in_time_changes_nothing()
    {
        await using var harness = new OperationHarness();
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "latest", Target = "new", RequireApproval = true }, default);
        await harness.WaitingAsync(id);
        harness.Time.Advance(OperationHarness.Timings.ApprovalDeadline);
        var instance = await harness.EndAsync(id);

        Assert.Equal(WorkflowError.TimedOut, instance.Failure!.Error);
        Assert.DoesNotContain("restore", harness.New.Calls);
        Assert.Null(OperationService.ReadStatus(instance)!.Waiting);
    }

    [Fact]
    public async Task An_application_restarted_by_hand_is_waited_for()
    {
        await using var harness = new OperationHarness { ByHand = true };
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(new RestoreInput { Backup = "latest", Target = "new" }, default);
        var wait = await harness.WaitingAsync(id);
        Assert.Equal(OperationEvents.Restarted, wait.Event);
        Assert.NotNull(harness.New.Restored);
        await harness.Operations.ConfirmRestartAsync(id, new OperatorNote("Kim"), default);
        var instance = await harness.EndAsync(id);

        Assert.True(OperationService.ReadRestore(instance)!.Restart.ByHand);
    }

    [Fact]
    public async Task The_password_is_the_version_the_backup_was_made_with()
    {
        await using var harness = new OperationHarness();
        var record = await harness.TakeBackupAsync();
        harness.Secrets.Set("backup-password", "v2", "another-one-since");
        var used = "";
        harness.New.Restore = (_, password, _) =>
        {
            used = password;
            return Task.CompletedTask;
        };
        await RestoreAsync(harness, new RestoreInput { Backup = record.Key.ToString(), Target = "new" });

        Assert.Equal(OperationHarness.Password, used);
    }

    [Fact]
    public async Task A_damaged_backup_is_not_restored_and_latest_passes_over_it_afterwards()
    {
        await using var harness = new OperationHarness();
        var older = await harness.TakeBackupAsync();
        harness.Time.Advance(TimeSpan.FromHours(1));
        var newer = await harness.TakeBackupAsync();
        harness.Store.DamagedReads = 1;
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(WorkflowError.Corrupt, instance.Failure!.Error);
        Assert.Contains(newer.Key.ToString(), instance.Failure.Message, StringComparison.Ordinal);
        Assert.False(Assert.Single(await harness.ChecksAsync(newer.Key)).Passed);
        Assert.DoesNotContain("restore", harness.New.Calls);

        var again = await RestoreAsync(harness, new RestoreInput { Backup = "old/latest", Target = "new" });
        Assert.Equal(older.Key, OperationService.ReadRestore(again)!.Backup);
        Assert.Contains(newer.Key.ToString(), Assert.Single(OperationService.ReadStatus(again)!.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_whose_answer_never_came_is_not_repeated_by_itself()
    {
        await using var harness = new OperationHarness();
        await harness.TakeBackupAsync();
        harness.New.Restore = (_, _, _) =>
        {
            harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
            throw new WorkflowException(WorkflowError.Indeterminate, "The connection closed before the answer.");
        };
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(WorkflowError.Indeterminate, instance.Failure!.Error);
        Assert.Contains("either as it was or restored", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Single(harness.New.Calls, call => call == "restore");
    }

    [Fact]
    public async Task A_restore_whose_answer_never_came_is_repeated_once_while_the_target_says_that_it_is_empty()
    {
        await using var harness = new OperationHarness();
        await harness.TakeBackupAsync();
        var attempts = 0;
        harness.New.Restore = (_, _, _) => ++attempts == 2
            ? Task.CompletedTask
            : throw new WorkflowException(WorkflowError.Indeterminate, "The connection closed before the answer.");
        var repeated = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.Empty };
        harness.New.Restore = (_, _, _) => throw new WorkflowException(WorkflowError.Indeterminate, "The connection closed before the answer.");
        var lost = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Null(repeated.Failure);
        Assert.Contains("what became of it", OperationHarness.Steps(repeated));
        Assert.Equal(WorkflowError.Indeterminate, lost.Failure!.Error);
        Assert.Equal(4, harness.New.Calls.Count(call => call == "restore"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Objects_in_the_target_are_in_the_way_of_a_backup_that_has_objects_only(bool objectsIncluded)
    {
        await using var harness = new OperationHarness { SkipObjectStorage = !objectsIncluded };
        await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsObjects };
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(objectsIncluded ? WorkflowError.TargetNotEmpty : null, instance.Failure?.Error);
    }

    [Fact]
    public async Task A_restore_that_overwrites_is_repeated_when_its_answer_never_came()
    {
        await using var harness = new OperationHarness();
        await harness.TakeBackupAsync();
        var attempts = 0;
        harness.New.Restore = (_, _, overwrite) => overwrite && ++attempts == 2
            ? Task.CompletedTask
            : throw new WorkflowException(WorkflowError.Indeterminate, "The connection closed before the answer.");
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });

        Assert.Null(instance.Failure);
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task A_target_found_restored_after_an_interruption_is_explained()
    {
        await using var harness = new OperationHarness();
        await harness.TakeBackupAsync();
        var attempts = 0;
        harness.New.Restore = (_, _, _) => throw (++attempts == 1
            ? new WorkflowException(WorkflowError.Unavailable, "The service went away.")
            : new WorkflowException(WorkflowError.TargetNotEmpty, "The target holds data."));
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(WorkflowError.TargetNotEmpty, instance.Failure!.Error);
        Assert.Contains("It was empty when this operation began", instance.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_that_does_not_come_back_is_told_apart_from_a_failed_restore()
    {
        await using var harness = new OperationHarness();
        var record = await harness.TakeBackupAsync();
        harness.New.Start = () => throw new WorkflowException(WorkflowError.Refused, "'docker compose up' exited with 1.");
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Contains($"{record.Key} was restored into new, but", instance.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("exited with 1", instance.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancellation_between_stop_and_start_waits_until_the_application_runs_again()
    {
        await using var harness = new OperationHarness();
        harness.Old.AfterStop = ApplicationState.Changing;
        var id = await harness.Operations.StartRestartAsync("old", default);
        await WaitFor.ConditionAsync(() => harness.Old.Calls.Contains("stop"), "the stop", TimeSpan.FromSeconds(30));
        await harness.Operations.CancelAsync(id, new OperatorNote(), default);
        harness.Old.State = ApplicationState.Stopped;
        var instance = await harness.EndAsync(id);

        Assert.Equal(WorkflowError.Cancelled, instance.Failure!.Error);
        Assert.Equal(ApplicationState.Running, harness.Old.State);
    }

    [Fact]
    public async Task An_application_that_does_not_stop_is_started_again()
    {
        await using var harness = new OperationHarness();
        harness.Old.AfterStop = ApplicationState.Changing;
        var instance = await harness.EndAsync(await harness.Operations.StartRestartAsync("old", default));

        Assert.Equal(WorkflowError.TimedOut, instance.Failure!.Error);
        Assert.Contains("app is Changing", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(["stop", "start"], harness.Old.Calls.Where(call => call is "stop" or "start"));
    }

    [Fact]
    public async Task A_restart_nobody_confirms_gives_up_in_the_end()
    {
        await using var harness = new OperationHarness { ByHand = true };
        var id = await harness.Operations.StartRestartAsync("old", default);
        await harness.WaitingAsync(id);
        harness.Time.Advance(OperationHarness.Timings.ManualRestartDeadline);

        Assert.Equal(WorkflowError.TimedOut, (await harness.EndAsync(id)).Failure!.Error);
    }

    [Fact]
    public async Task It_is_said_when_latest_may_mean_several_installations()
    {
        await using var harness = new OperationHarness();
        var old = await harness.TakeBackupAsync();
        await harness.TakeBackupAsync("new");
        var finder = new BackupFinder(harness.Store);

        var unclear = await Assert.ThrowsAsync<WorkflowException>(() => finder.FindAsync("latest", null, default));
        Assert.Equal((WorkflowError.InvalidRequest, "'latest' may mean new/latest or old/latest; say which."), (unclear.Error, unclear.Message));
        Assert.Equal(old.Key, (await finder.FindAsync("latest", "old", default)).Record.Key);
        Assert.Equal(old.Key, (await finder.FindAsync("old/latest", null, default)).Record.Key);
        Assert.Equal(old.Key, (await finder.FindAsync(old.Key.Id, null, default)).Record.Key);
        Assert.Equal(
            WorkflowError.NotFound,
            (await Assert.ThrowsAsync<WorkflowException>(() => finder.FindAsync("nobody/latest", null, default))).Error);
    }

    private static async Task<WorkflowInstance> RestoreAsync(OperationHarness harness, RestoreInput input) =>
        await harness.EndAsync(await harness.Operations.StartRestoreAsync(input, default));
}
