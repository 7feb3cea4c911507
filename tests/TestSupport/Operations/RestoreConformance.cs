using TfeBackup.Operations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Steps;
using TfeBackup.TestSupport.BackupStores;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

public abstract class RestoreConformance : OperationConformance
{
    [Fact]
    public async Task The_latest_backup_is_verified_restored_and_the_application_restarted()
    {
        await using var harness = await StartAsync();
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
            ["claim installation/new", "plan", $"claim backup/{record.Key}", "target ready", "verify", "record check", "target still ready", "restore",
             "plan restart", "stop", "stopped", "start", "ready again", "look again"],
            OperationHarness.Steps(instance));
        Assert.Equal(["restore", "stop", "start"], harness.New.Calls.Where(call => call != "status"));
        var output = OperationQueries.ReadRestore(instance)!;
        Assert.Equal((record.Key, "new", null, false), (output.Backup, output.Target, output.Safety, output.Restart.ByHand));
        var check = Assert.Single(await harness.ChecksAsync(record.Key));
        Assert.True(check.Passed);
        Assert.Equal(instance.Id, check.OperationId);
    }

    [Fact]
    public async Task A_target_that_holds_data_is_refused_before_anything_is_sent()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(OperationError.TargetNotEmpty, instance.Failure!.Error);
        Assert.Contains(harness.Words.Overwrite, instance.Failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("restore", harness.New.Calls);
        Assert.DoesNotContain("stop", harness.New.Calls);

        // Before the backup was read.
        Assert.DoesNotContain("verify", OperationHarness.Steps(instance));
        Assert.Equal(instance.Failure, instance.Status!.Plan!.Refusal);
    }

    [Theory]
    [InlineData("no data")]
    [InlineData("data of another size")]
    [InlineData("target refuses the token")]
    public async Task A_bad_source_or_target_is_found_before_the_backup_is_read(string fault)
    {
        await using var harness = await StartAsync();
        var record = await harness.TakeBackupAsync();
        var blob = Path.Combine(harness.Folder, "store", "old", record.Key.Id, "backup.blob");
        switch (fault)
        {
            case "no data":
                File.Delete(blob);
                break;
            case "data of another size":
                File.AppendAllText(blob, "more");
                break;
            default:
                harness.New.Refusal = new OperationException(OperationError.Refused, "401: the token is wrong.");
                break;
        }

        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(
            fault == "target refuses the token" ? OperationError.Refused : OperationError.Corrupt,
            instance.Failure!.Error);
        Assert.Equal(["claim installation/new", "plan"], OperationHarness.Steps(instance));
    }

    [Fact]
    public async Task A_target_without_room_for_the_objects_is_found_before_the_backup_is_read()
    {
        await using var harness = await StartAsync();
        var archive = await SampleArchive.CreateAsync(OperationHarness.Password);
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(archive));
        var needed = (await harness.TakeBackupAsync()).Verification.ObjectBytes!.Value;
        harness.New.Answer = harness.New.Answer with { FreeBytes = needed - 1 };
        var refused = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });
        harness.New.Answer = harness.New.Answer with { FreeBytes = needed };
        var done = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(OperationError.Refused, refused.Failure!.Error);
        Assert.Contains("Make room", refused.Failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("verify", OperationHarness.Steps(refused));
        Assert.Null(done.Failure);
    }

    [Fact]
    public async Task The_plan_is_shown_before_anything_happens()
    {
        await using var harness = await StartAsync();
        var record = await harness.TakeBackupAsync();
        await harness.EndAsync(await harness.Operations.StartVerifyAsync(record.Key, default));
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData, Detail = "all well" };
        var id = await harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "latest", Target = "new", Overwrite = true, RequireApproval = true, NotValid = ["public.a.b"] }, default);
        await harness.WaitingAsync(id);
        var plan = (await harness.Queries.GetAsync(id, default)).Status!.Plan!;

        Assert.Equal((record.Key, record.Started, record.Size, true), (plan.Backup, plan.Taken, plan.Size, plan.LastCheck!.Passed));
        Assert.Equal(("new", "all well", InstallationContent.HoldsData), (plan.Target, plan.TargetStatus, plan.TargetContent));
        Assert.Equal((true, true, true, "scripted", null), (plan.Overwrites, plan.SafetyBackup, plan.RequiresApproval, plan.Restart, plan.Refusal));
        Assert.Equal(["public.a.b"], plan.NotValid);
        Assert.DoesNotContain("backup", harness.New.Calls);
        await harness.Operations.AnswerAsync(id, OperationEvents.Approval, new ApprovalDecision(true), default);
        Assert.Null((await harness.EndAsync(id)).Failure);
    }

    [Fact]
    public async Task Constraints_are_put_back_NOT_VALID_on_request_and_that_is_recorded()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        harness.New.Restore = (_, _, _) => throw new OperationException(
            OperationError.SchemaMismatch, "Rows break public.a.b. Restore with \"not_valid\": [\"public.a.b\"] in config.");
        var refused = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });
        harness.New.Restore = (_, _, _) => Task.CompletedTask;
        var done = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", NotValid = ["public.a.b"] });

        Assert.Contains(harness.Words.NotValid, refused.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(["public.a.b"], harness.New.Options!.NotValid);
        Assert.Equal(["public.a.b"], OperationQueries.ReadRestore(done)!.NotValid!);
        Assert.Contains(done.Status!.Warnings, warning => warning.Contains("Put back NOT VALID in new, as asked: public.a.b", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_target_filled_while_approval_was_awaited_is_backed_up_first()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "latest", Target = "new", Overwrite = true, RequireApproval = true }, default);
        await harness.WaitingAsync(id);
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
        await harness.Operations.AnswerAsync(id, OperationEvents.Approval, new ApprovalDecision(true), default);

        Assert.NotNull(OperationQueries.ReadRestore(await harness.EndAsync(id))!.Safety);
    }

    [Fact]
    public async Task Lists_say_what_latest_means_and_why_backups_are_skipped()
    {
        await using var harness = await StartAsync();
        var good = await harness.TakeBackupAsync();
        harness.Time.Advance(TimeSpan.FromHours(1));
        var bad = await harness.TakeBackupAsync();
        harness.Store.DamagedReads = 1;
        Assert.NotNull((await harness.EndAsync(await harness.Operations.StartVerifyAsync(bad.Key, default))).Failure);
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
        Assert.Null((await RestoreAsync(harness, new RestoreInput { Backup = "old/latest", Target = "new", Overwrite = true })).Failure);
        var listed = await new BackupFinder(harness.Store).ListAsync(null, default);

        Assert.Equal(3, listed.Count);
        var ofGood = listed.Single(backup => backup.Key == good.Key);
        Assert.Equal((true, null, true), (ofGood.IsLatest, ofGood.PassedOver, ofGood.LastCheck!.Passed));
        var ofBad = listed.Single(backup => backup.Key == bad.Key);
        Assert.Equal((false, false), (ofBad.IsLatest, ofBad.LastCheck!.Passed));
        Assert.StartsWith("its last verification failed: Corrupt: ", ofBad.PassedOver, StringComparison.Ordinal);
        var safety = listed.Single(backup => backup.Key.Installation == "new");
        Assert.Equal((false, "safety backup"), (safety.IsLatest, safety.PassedOver));
    }

    [Theory]
    [InlineData(InstallationContent.HoldsData)]
    [InlineData(InstallationContent.Unknown)]
    public async Task Before_a_target_is_overwritten_a_safety_backup_of_it_is_published(InstallationContent content)
    {
        await using var harness = await StartAsync();
        var record = await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = content };
        harness.New.Backup = (_, skip, _) => skip ? throw new InvalidOperationException("incomplete") : Task.FromResult<Stream>(new TestStream(70_000));
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });

        Assert.Null(instance.Failure);
        Assert.Equal(["backup", "restore", "stop", "start"], harness.New.Calls.Where(call => call != "status"));
        var safety = Assert.Single(await harness.RecordsAsync("new"));
        Assert.Equal((BackupPurpose.Safety, 70_000), (safety.Purpose, safety.Size));
        Assert.Equal(safety.Key, OperationQueries.ReadRestore(instance)!.Safety);

        // What was overwritten is not what "latest" means afterwards.
        var again = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });
        Assert.Equal(record.Key, OperationQueries.ReadRestore(again)!.Backup);
    }

    [Fact]
    public async Task Without_a_safety_backup_a_target_is_not_overwritten()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
        harness.New.Backup = (_, _, _) => throw new OperationException(OperationError.Refused, "400: no.");
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });

        Assert.Equal(OperationError.Refused, instance.Failure!.Error);
        Assert.DoesNotContain("restore", harness.New.Calls);
    }

    [Fact]
    public async Task An_approved_restore_goes_on()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "latest", Target = "new", RequireApproval = true }, default);
        var wait = await harness.WaitingAsync(id);
        Assert.Equal(OperationEvents.Approval, wait.Event);
        Assert.DoesNotContain("restore", harness.New.Calls);
        await Assert.ThrowsAsync<OperationException>(() => harness.Operations.AnswerAsync(id, OperationEvents.Restarted, new ApprovalDecision(true), default));
        await harness.Operations.AnswerAsync(id, OperationEvents.Approval, new ApprovalDecision(true, "Kim"), default);

        Assert.Equal(OperationState.Completed, (await harness.EndAsync(id)).State);
    }

    [Fact]
    public async Task A_declined_restore_changes_nothing_and_names_who_declined()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "latest", Target = "new", RequireApproval = true }, default);
        await harness.WaitingAsync(id);
        await harness.Operations.AnswerAsync(id, OperationEvents.Approval, new ApprovalDecision(false, "Kim", "wrong window"), default);
        var instance = await harness.EndAsync(id);

        Assert.Equal(new OperationFailure(OperationError.Refused, "Kim declined: wrong window; nothing was changed."), instance.Failure);
        Assert.DoesNotContain("restore", harness.New.Calls);
    }

    [Fact]
    public async Task A_restore_not_approved_in_time_changes_nothing()
    {
        await using var harness = await StartAsync(timings: OperationHarness.Timings with { ApprovalDeadline = TimeSpan.FromMilliseconds(500) });
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "latest", Target = "new", RequireApproval = true }, default);
        var instance = await harness.EndAsync(id);

        Assert.Equal(OperationError.TimedOut, instance.Failure!.Error);
        Assert.DoesNotContain("restore", harness.New.Calls);
        Assert.Null(instance.Status!.Waiting);
    }

    [Fact]
    public async Task An_application_restarted_by_hand_is_waited_for()
    {
        await using var harness = await StartAsync();
        harness.ByHand = true;
        await harness.TakeBackupAsync();
        var id = await harness.Operations.StartRestoreAsync(new RestoreInput { Backup = "latest", Target = "new" }, default);
        var wait = await harness.WaitingAsync(id);
        Assert.Equal(OperationEvents.Restarted, wait.Event);
        Assert.NotNull(harness.New.Restored);
        await harness.Operations.AnswerAsync(id, OperationEvents.Restarted, new ApprovalDecision(true, "Kim"), default);
        var instance = await harness.EndAsync(id);

        Assert.True(OperationQueries.ReadRestore(instance)!.Restart.ByHand);
    }

    [Fact]
    public async Task The_password_is_the_version_the_backup_was_made_with()
    {
        await using var harness = await StartAsync();
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
        await using var harness = await StartAsync();
        var older = await harness.TakeBackupAsync();
        harness.Time.Advance(TimeSpan.FromHours(1));
        var newer = await harness.TakeBackupAsync();
        harness.Store.DamagedReads = 1;
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(OperationError.Corrupt, instance.Failure!.Error);
        Assert.Contains(newer.Key.ToString(), instance.Failure.Message, StringComparison.Ordinal);
        Assert.False(Assert.Single(await harness.ChecksAsync(newer.Key)).Passed);
        Assert.DoesNotContain("restore", harness.New.Calls);

        var again = await RestoreAsync(harness, new RestoreInput { Backup = "old/latest", Target = "new" });
        Assert.Equal(older.Key, OperationQueries.ReadRestore(again)!.Backup);
        Assert.Contains(newer.Key.ToString(), Assert.Single(again.Status!.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_without_a_response_is_not_repeated()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        harness.New.Restore = (_, _, _) =>
        {
            harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
            throw new OperationException(OperationError.Indeterminate, "The connection closed before the answer.");
        };
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(OperationError.Indeterminate, instance.Failure!.Error);
        Assert.Contains("either unchanged or completely restored", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Single(harness.New.Calls, call => call == "restore");
    }

    [Fact]
    public async Task A_restore_without_a_response_is_repeated_once_if_the_target_is_still_empty()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        var attempts = 0;
        harness.New.Restore = (_, _, _) => ++attempts == 2
            ? Task.CompletedTask
            : throw new OperationException(OperationError.Indeterminate, "The connection closed before the answer.");
        var repeated = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.Empty };
        harness.New.Restore = (_, _, _) => throw new OperationException(OperationError.Indeterminate, "The connection closed before the answer.");
        var lost = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Null(repeated.Failure);
        Assert.Contains("restore result", OperationHarness.Steps(repeated));
        Assert.Equal(OperationError.Indeterminate, lost.Failure!.Error);
        Assert.Equal(4, harness.New.Calls.Count(call => call == "restore"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Objects_in_the_target_are_in_the_way_of_a_backup_that_has_objects_only(bool objectsIncluded)
    {
        await using var harness = await StartAsync();
        harness.SkipObjectStorage = !objectsIncluded;
        await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsObjects };
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(objectsIncluded ? OperationError.TargetNotEmpty : null, instance.Failure?.Error);
    }

    [Fact]
    public async Task A_restore_that_overwrites_is_repeated_when_its_answer_never_came()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        var attempts = 0;
        harness.New.Restore = (_, _, overwrite) => overwrite && ++attempts == 2
            ? Task.CompletedTask
            : throw new OperationException(OperationError.Indeterminate, "The connection closed before the answer.");
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });

        Assert.Null(instance.Failure);
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task A_target_found_restored_after_an_interruption_is_explained()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        var attempts = 0;
        harness.New.Restore = (_, _, _) => throw (++attempts == 1
            ? new OperationException(OperationError.Unavailable, "The service went away.")
            : new OperationException(OperationError.TargetNotEmpty, "The target holds data."));
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal(OperationError.TargetNotEmpty, instance.Failure!.Error);
        Assert.Contains("It was empty when this operation began", instance.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_that_does_not_come_back_is_distinguished_from_a_failed_restore()
    {
        await using var harness = await StartAsync();
        var record = await harness.TakeBackupAsync();
        harness.New.Start = () => throw new OperationException(OperationError.Refused, "'docker compose up' exited with 1.");
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Contains($"{record.Key} was restored into new, but", instance.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("exited with 1", instance.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancellation_between_stop_and_start_waits_until_the_application_runs_again()
    {
        await using var harness = await StartAsync();
        harness.Define = definition => definition with { RestartTimeout = TimeSpan.FromMilliseconds(300) };
        harness.Old.AfterStop = ApplicationState.Changing;
        var id = await harness.Operations.StartRestartAsync("old", default);
        await WaitFor.ConditionAsync(() => harness.Old.Calls.Contains("stop"), "the stop", OperationHarness.Deadline);
        await harness.Operations.CancelAsync(id, new OperatorNote(), default);
        harness.Old.State = ApplicationState.Stopped;
        var instance = await harness.EndAsync(id);

        Assert.Equal(OperationError.Cancelled, instance.Failure!.Error);
        Assert.Equal(ApplicationState.Running, harness.Old.State);
    }

    [Fact]
    public async Task An_application_that_does_not_stop_is_started_again()
    {
        await using var harness = await StartAsync();
        harness.Define = definition => definition with { RestartTimeout = TimeSpan.FromMilliseconds(300) };
        harness.Old.AfterStop = ApplicationState.Changing;
        var instance = await harness.EndAsync(await harness.Operations.StartRestartAsync("old", default));

        Assert.Equal(OperationError.TimedOut, instance.Failure!.Error);
        Assert.Contains("app is Changing", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(["stop", "start"], harness.Old.Calls.Where(call => call is "stop" or "start"));
    }

    [Fact]
    public async Task A_restart_never_confirmed_times_out()
    {
        await using var harness = await StartAsync(timings: OperationHarness.Timings with { ManualRestartDeadline = TimeSpan.FromMilliseconds(500) });
        harness.ByHand = true;
        var id = await harness.Operations.StartRestartAsync("old", default);

        Assert.Equal(OperationError.TimedOut, (await harness.EndAsync(id)).Failure!.Error);
    }

    [Fact]
    public async Task It_is_said_when_latest_may_mean_several_installations()
    {
        await using var harness = await StartAsync();
        var old = await harness.TakeBackupAsync();
        await harness.TakeBackupAsync("new");
        var finder = new BackupFinder(harness.Store);

        var unclear = await Assert.ThrowsAsync<OperationException>(() => finder.FindAsync("latest", default));
        Assert.Equal((OperationError.InvalidRequest, "'latest' may mean new/latest or old/latest; say which."), (unclear.Error, unclear.Message));
        Assert.Equal(old.Key, (await finder.FindAsync("old/latest", default)).Record.Key);
        Assert.Equal(old.Key, (await finder.FindAsync(old.Key.Id, default)).Record.Key);
        Assert.Equal(
            OperationError.NotFound,
            (await Assert.ThrowsAsync<OperationException>(() => finder.FindAsync("nobody/latest", default))).Error);
    }

    [Fact]
    public async Task A_target_of_unknown_content_is_treated_as_holding_data()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.Unknown };

        var refused = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });
        Assert.Equal(OperationError.TargetNotEmpty, refused.Failure!.Error);
        Assert.Contains(harness.Words.TargetIsEmpty, refused.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(TargetState.Unchanged, refused.Status!.Target);
        Assert.DoesNotContain("restore", harness.New.Calls);

        var overwritten = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });
        Assert.Null(overwritten.Failure);
        Assert.NotNull(OperationQueries.ReadRestore(overwritten)!.Safety);
        Assert.Equal(TargetState.Restored, overwritten.Status!.Target);
    }

    [Fact]
    public async Task The_word_that_a_target_is_empty_counts_until_something_shows_otherwise()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.Unknown };
        var taken = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", TargetIsEmpty = true });
        Assert.Null(taken.Failure);
        Assert.Null(OperationQueries.ReadRestore(taken)!.Safety);
        Assert.Contains(taken.Status!.Warnings, warning => warning.Contains("as declared", StringComparison.Ordinal));

        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
        var refused = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", TargetIsEmpty = true });
        Assert.Equal(OperationError.TargetNotEmpty, refused.Failure!.Error);
        Assert.Contains("declared empty but holds data", refused.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_safety_backup_that_fails_names_the_way_on_which_needs_the_targets_name()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
        harness.New.Backup = (_, _, _) => throw new OperationException(OperationError.Refused, "400: PostgreSQL 15 is not supported.");

        var failed = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true });
        Assert.Contains($"{harness.Words.NoSafetyBackup} new", failed.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(TargetState.Unchanged, failed.Status!.Target);
        var wrong = await Assert.ThrowsAsync<OperationException>(() => harness.Operations.StartRestoreAsync(
            new RestoreInput { Backup = "latest", Target = "new", Overwrite = true, NoSafetyBackup = "old" }, default));
        Assert.Equal(OperationError.InvalidRequest, wrong.Error);

        var done = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new", Overwrite = true, NoSafetyBackup = "new" });
        Assert.Null(done.Failure);
        Assert.Contains(done.Status!.Warnings, warning => warning.Contains("without a safety backup, as asked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_restore_whose_response_was_lost_continues_if_the_installation_confirms_it()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        var asked = new List<string>();
        harness.New.Restore = (_, _, _) => throw new OperationException(OperationError.Indeterminate, "No answer came.");
        harness.New.Outcome = id =>
        {
            asked.Add(id);
            harness.New.Answer = harness.New.Answer with { Content = InstallationContent.HoldsData };
            return Task.FromResult(asked.Count < 3 ? RestoreOutcome.Running : RestoreOutcome.Applied);
        };
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Null(instance.Failure);
        Assert.Equal([instance.Id, instance.Id, instance.Id], asked);
        Assert.Single(harness.New.Calls, call => call == "restore");
        Assert.Contains("start", harness.New.Calls);
        Assert.Equal(TargetState.Restored, instance.Status!.Target);
    }

    [Fact]
    public async Task A_restore_that_the_installation_says_was_not_applied_is_asked_for_once_more()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        harness.New.Restore = (_, _, _) => throw new OperationException(OperationError.Indeterminate, "No answer came.");
        harness.New.Outcome = _ => Task.FromResult(RestoreOutcome.NotApplied);
        var instance = await RestoreAsync(harness, new RestoreInput { Backup = "latest", Target = "new" });

        Assert.Equal((OperationError.Indeterminate, TargetState.Unchanged), (instance.Failure!.Error, instance.Status!.Target));
        Assert.Equal(2, harness.New.Calls.Count(call => call == "restore"));
    }

    [Fact]
    public async Task A_cancelled_restore_finishes_its_attempt_without_retries_and_reports_the_target()
    {
        await using var harness = await StartAsync();
        await harness.TakeBackupAsync();
        var begun = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        harness.New.Restore = async (_, _, _) =>
        {
            begun.TrySetResult();
            await cancelled.Task;
            throw new OperationException(OperationError.Unavailable, "503: nothing was applied.");
        };
        var id = await harness.Operations.StartRestoreAsync(new RestoreInput { Backup = "latest", Target = "new" }, default);
        await begun.Task;
        await harness.Operations.CancelAsync(id, new OperatorNote("Kim"), default);
        cancelled.SetResult();
        var instance = await harness.EndAsync(id);

        Assert.Single(harness.New.Calls, call => call == "restore");
        Assert.Equal(TargetState.Unchanged, instance.Status!.Target);
        Assert.DoesNotContain("stop", harness.New.Calls);
    }

    [Fact]
    public async Task A_check_with_a_wrong_password_is_no_verdict_on_a_backup()
    {
        await using var harness = await StartAsync();
        harness.Old.Backup = async (_, _, _) => new MemoryStream(await SampleArchive.CreateAsync(OperationHarness.Password));
        var older = await harness.TakeBackupAsync();
        var newer = await harness.TakeBackupAsync();
        harness.Secrets.Set("backup-password", "v1", "another");
        var check = await harness.EndAsync(await harness.Operations.StartVerifyAsync(newer.Key, default));
        Assert.Equal(OperationError.WrongPassword, check.Failure!.Error);
        harness.Secrets.Set("backup-password", "v1", OperationHarness.Password);

        Assert.Empty(await harness.ChecksAsync(newer.Key));
        Assert.Equal(newer.Key, (await new BackupFinder(harness.Store).FindAsync("old/latest", default)).Record.Key);
        Assert.NotEqual(older.Key, newer.Key);
    }

    private static async Task<OperationInstance> RestoreAsync(OperationHarness harness, RestoreInput input) =>
        await harness.EndAsync(await harness.Operations.StartRestoreAsync(input, default));
}
