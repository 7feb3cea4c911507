using System.Security.Cryptography;
using System.Text;
using TfeBackup.Operations;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport.BackupStores;
using Xunit;

namespace TfeBackup.TestSupport.Operations;

public abstract class BackupConformance : OperationConformance
{
    [Fact]
    public async Task A_backup_of_our_own_format_is_streamed_verified_entry_by_entry_and_published()
    {
        await using var harness = await StartAsync();
        var archive = await SampleArchive.CreateAsync(OperationHarness.Password);
        harness.Old.Backup = (password, skip, _) =>
        {
            Assert.Equal((OperationHarness.Password, false), (password, skip));
            return Task.FromResult<Stream>(new MemoryStream(archive));
        };
        var id = await harness.Operations.StartBackupAsync("old", default);
        var instance = await harness.EndAsync(id);

        Assert.Equal(OperationState.Completed, instance.State);
        Assert.Equal(["claim installation/old", "plan", "ready", "stream", "verify", "publish"], OperationHarness.Steps(instance));
        Assert.All(instance.Status!.Steps, step => Assert.Equal(OperationStepState.Done, step.State));
        var record = Assert.Single(await harness.RecordsAsync());
        Assert.Equal(OperationQueries.ReadBackup(instance)!.Record, record);
        Assert.Equal(BackupFormat.Archive, record.Format);
        Assert.Equal((archive.Length, Convert.ToHexStringLower(SHA256.HashData(archive))), ((int)record.Size, record.Sha256));
        Assert.Equal(new SecretReference("backup-password", "v1"), record.Password);
        Assert.Equal((id, BackupPurpose.Requested, true), (record.OperationId, record.Purpose, record.ObjectsIncluded));
        Assert.Equal(("v202611-1", "15.8"), (record.ProductVersion, record.PostgresVersion));
        Assert.Equal((BackupFormat.Archive, 2L, 1L), (record.Verification.Method, record.Verification.Rows, record.Verification.Objects));
        Assert.Contains(harness.Log, line => line.StartsWith("2001 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_opaque_backup_is_verified_by_size_and_hash_as_streamed()
    {
        await using var harness = await StartAsync();
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new TestStream(1_000_000));
        var record = await harness.TakeBackupAsync();

        var content = TestStream.Content(1_000_000);
        Assert.Equal((BackupFormat.Opaque, Convert.ToHexStringLower(SHA256.HashData(content))), (record.Format, record.Sha256));
        Assert.Equal((BackupFormat.Opaque, record.Sha256), (record.Verification.Method, record.Verification.Sha256));
        await using var stored = await harness.Store.OpenDataAsync(record.Key, 0, null, default);
        using var copy = new MemoryStream();
        await stored.CopyToAsync(copy);
        Assert.Equal(content, copy.ToArray());
    }

    [Fact]
    public async Task A_stream_that_ends_early_publishes_nothing_and_is_tried_again()
    {
        await using var harness = await StartAsync();
        var attempts = 0;
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(++attempts < 3
            ? new TestStream(300_000, failure: new OperationException(OperationError.Incomplete, "The connection closed after 300000 bytes."))
            : new TestStream(500_000));
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationState.Completed, instance.State);
        Assert.Equal(500_000, Assert.Single(await harness.RecordsAsync()).Size);
        Assert.Equal(2, OperationHarness.Step(instance, "stream").Retries);
        Assert.Empty(await harness.OrphansAsync());
    }

    [Fact]
    public async Task A_stream_that_never_ends_cleanly_fails_with_the_reason_and_leaves_nothing()
    {
        await using var harness = await StartAsync();
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(
            new TestStream(300_000, failure: new OperationException(OperationError.Incomplete, "The connection closed after 300000 bytes.")));
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(new OperationFailure(OperationError.Incomplete, "The connection closed after 300000 bytes."), instance.Failure);
        var step = OperationHarness.Step(instance, "stream");
        Assert.Equal((OperationStepState.Failed, "The connection closed after 300000 bytes.", 2), (step.State, step.Detail, step.Retries));
        Assert.NotNull(step.Finished);
        Assert.Empty(await harness.RecordsAsync());
        Assert.Empty(await harness.OrphansAsync());
        Assert.Contains(harness.Log, line => line.StartsWith("2003 ", StringComparison.Ordinal) && line.Contains("300000 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Retries_end_when_their_time_is_over_and_say_how_many_there_may_be_and_until_when()
    {
        var timings = OperationHarness.Timings with
        {
            Transfers = new RetryTimes(1_000, TimeSpan.FromMilliseconds(100), 2, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(600)),
        };
        await using var harness = await StartAsync(timings: timings);
        harness.Old.Backup = (_, _, _) => throw new OperationException(OperationError.Unavailable, "503.");
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationError.Unavailable, instance.Failure!.Error);
        var step = OperationHarness.Step(instance, "stream");
        // A task hub may fire timers early.
        Assert.InRange(step.Retries, 1, 100);
        Assert.Equal(999, step.MostRetries);
        Assert.InRange(step.RetriesUntil!.Value, step.Started, step.Started.AddSeconds(30));
    }

    [Fact]
    public async Task A_scheduled_backup_waits_longer_than_one_that_an_operator_asked_for()
    {
        var timings = OperationHarness.Timings with { Scheduled = new ScheduledTimings(TimeSpan.FromMinutes(1), 5, TimeSpan.FromMinutes(1)) };
        await using var harness = await StartAsync(timings: timings);
        harness.Old.Backup = (_, _, _) => throw new OperationException(OperationError.Unavailable, "503.");
        var asked = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));
        var (id, _) = await harness.Operations.StartScheduledAsync(OperationKind.Backup, "old", harness.Time.GetUtcNow(), default);
        var scheduled = await harness.EndAsync(id);

        Assert.Equal((2, 4), (OperationHarness.Step(asked, "stream").Retries, OperationHarness.Step(scheduled, "stream").Retries));
    }

    [Fact]
    public async Task Success_without_a_single_byte_is_no_backup()
    {
        await using var harness = await StartAsync();
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream());
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationError.Incomplete, instance.Failure!.Error);
        Assert.Empty(await harness.RecordsAsync());
        Assert.Empty(await harness.OrphansAsync());
    }

    [Fact]
    public async Task A_store_that_fails_at_the_commit_publishes_nothing_of_that_attempt()
    {
        await using var harness = await StartAsync();
        harness.Store.CommitFailures.Enqueue(new OperationException(OperationError.Unavailable, "503 from the store."));
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationState.Completed, instance.State);
        Assert.Equal(1, OperationHarness.Step(instance, "stream").Retries);
        Assert.Single(await harness.RecordsAsync());
    }

    [Fact]
    public async Task A_refusal_of_the_installation_is_not_tried_again()
    {
        await using var harness = await StartAsync();
        harness.Old.Backup = (_, _, _) => throw new OperationException(OperationError.Refused, "401: the token is not this installation's.");
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationError.Refused, instance.Failure!.Error);
        Assert.Single(harness.Old.Calls, call => call == "backup");
    }

    [Fact]
    public async Task An_installation_that_is_busy_with_a_request_cut_off_before_is_tried_again()
    {
        await using var harness = await StartAsync();
        var attempts = 0;
        harness.Old.Backup = (_, _, _) => ++attempts == 1
            ? throw new OperationException(OperationError.Busy, "409: another backup runs.")
            : Task.FromResult<Stream>(new MemoryStream([1]));
        Assert.Equal(1, (await harness.TakeBackupAsync()).Size);
    }

    [Fact]
    public async Task Data_that_does_not_read_back_as_streamed_is_not_published_and_taken_once_more()
    {
        await using var harness = await StartAsync();
        harness.Store.DamagedReads = 1;
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationState.Completed, instance.State);
        Assert.Single(await harness.RecordsAsync());
        Assert.Single(await harness.OrphansAsync());
        Assert.Contains("did not verify", Assert.Single(instance.Status!.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_always_yields_something_else_makes_the_backup_fail()
    {
        await using var harness = await StartAsync();
        harness.Store.DamagedReads = 2;
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationError.Corrupt, instance.Failure!.Error);
        Assert.Contains("SHA-256", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Empty(await harness.RecordsAsync());
    }

    [Fact]
    public async Task An_archive_cut_short_by_a_clean_end_is_not_published()
    {
        await using var harness = await StartAsync();
        var archive = await SampleArchive.CreateAsync(OperationHarness.Password);
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(archive[..^10]));
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationError.Corrupt, instance.Failure!.Error);
        Assert.Empty(await harness.RecordsAsync());
    }

    [Fact]
    public async Task A_second_operation_on_an_installation_is_refused_naming_the_first()
    {
        await using var harness = await StartAsync();
        var go = new TaskCompletionSource();
        harness.Old.Backup = async (_, _, cancellationToken) =>
        {
            await go.Task.WaitAsync(cancellationToken);
            return new MemoryStream([1]);
        };
        var first = await harness.Operations.StartBackupAsync("old", default);
        await WaitFor.ConditionAsync(() => harness.Old.Calls.Contains("backup"), "the first to begin", OperationHarness.Deadline);

        var refused = await Assert.ThrowsAsync<OperationException>(() => harness.Operations.StartRestartAsync("old", default));
        Assert.Equal(OperationError.Busy, refused.Error);
        Assert.Contains(first, refused.Message, StringComparison.Ordinal);

        // A tick does not look first: the operation finds out.
        var (second, _) = await harness.Operations.StartScheduledAsync(OperationKind.Backup, "old", harness.Time.GetUtcNow(), default);
        var instance = await harness.EndAsync(second);
        Assert.Equal(OperationError.Busy, instance.Failure!.Error);
        Assert.Contains(first, instance.Failure.Message, StringComparison.Ordinal);

        go.SetResult();
        await harness.EndAsync(first);
        await harness.TakeBackupAsync();
        Assert.Equal(2, (await harness.RecordsAsync()).Count);
    }

    [Fact]
    public async Task A_terminated_operation_no_longer_holds_its_installation()
    {
        await using var harness = await StartAsync();
        harness.Old.Backup = async (_, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return Stream.Null;
        };
        var first = await harness.Operations.StartBackupAsync("old", default);
        await WaitFor.ConditionAsync(() => harness.Old.Calls.Contains("backup"), "the first to begin", OperationHarness.Deadline);
        Assert.Equal(first, await harness.Operations.FindHolderAsync("old", default));
        await harness.Operations.TerminateAsync(first, "stuck", default);
        await WaitFor.ConditionAsync(async () => await harness.Operations.FindHolderAsync("old", default) is null, "the claim to be void", OperationHarness.Deadline);
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream([1]));

        await harness.TakeBackupAsync();
    }

    [Fact]
    public async Task An_installation_that_is_not_ready_is_waited_for()
    {
        await using var harness = await StartAsync();
        harness.Old.Answer = new InstallationStatus { Ready = false, Detail = "503, database: ERROR" };
        var id = await harness.Operations.StartBackupAsync("old", default);
        await WaitFor.ConditionAsync(
            async () => (await harness.Queries.GetAsync(id, default)).Status?.Steps.Any(step => step.Detail == "503, database: ERROR") == true,
            "the wait to be seen",
            OperationHarness.Deadline);
        harness.Old.Answer = new InstallationStatus { Ready = true, Detail = "OK" };

        Assert.Equal(OperationState.Completed, (await harness.EndAsync(id)).State);
    }

    [Fact]
    public async Task An_installation_that_does_not_become_ready_fails_the_backup_with_its_last_answer()
    {
        await using var harness = await StartAsync(timings: OperationHarness.Timings with { ReadyTimeout = TimeSpan.FromMilliseconds(300) });
        harness.Old.Answer = new InstallationStatus { Ready = false, Detail = "503, database: ERROR" };
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationError.TimedOut, instance.Failure!.Error);
        Assert.Contains("within 300 ms", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("503, database: ERROR", instance.Failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("backup", harness.Old.Calls);
    }

    [Fact]
    public async Task A_cancelled_backup_ends_and_leaves_nothing()
    {
        await using var harness = await StartAsync();
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(
            new TestStream(1_000_000) { BeforeRead = cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken) });
        var id = await harness.Operations.StartBackupAsync("old", default);
        await WaitFor.ConditionAsync(() => harness.Old.Calls.Contains("backup"), "the backup to begin", OperationHarness.Deadline);
        await harness.Operations.CancelAsync(id, new OperatorNote("Kim", "maintenance"), default);
        var instance = await harness.EndAsync(id);

        Assert.Equal(new OperationFailure(OperationError.Cancelled, "The operation was cancelled by Kim: maintenance."), instance.Failure);
        Assert.Equal(OperationStepState.Cancelled, OperationHarness.Step(instance, "stream").State);
        Assert.Empty(await harness.RecordsAsync());
        await harness.PassTimeUntilAsync(async () => (await harness.OrphansAsync()).Count == 0, "the upload to be discarded");
    }

    [Fact]
    public async Task A_missing_password_fails_before_anything_is_asked_of_the_installation()
    {
        await using var harness = await StartAsync();
        harness.Secrets.Remove("backup-password");
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationError.NotFound, instance.Failure!.Error);
        Assert.Contains("backup-password", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Empty(harness.Old.Calls);
    }

    [Fact]
    public async Task An_installation_that_is_not_configured_is_named_beside_those_that_are()
    {
        await using var harness = await StartAsync();
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("nowhere", default));

        Assert.Equal(new OperationFailure(OperationError.NotFound, "There is no installation 'nowhere'; configured are: new, old."), instance.Failure);
    }

    [Fact]
    public async Task A_record_that_cannot_be_written_at_first_is_written_later_with_the_same_content()
    {
        await using var harness = await StartAsync();
        harness.Store.PublishFailures.Enqueue(new OperationException(OperationError.Unavailable, "503"));
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(1, OperationHarness.Step(instance, "publish").Retries);
        Assert.Single(harness.Old.Calls, call => call == "backup");
        Assert.Single(await harness.RecordsAsync());
    }

    [Fact]
    public async Task Retention_follows_a_backup_and_its_failure_is_a_warning()
    {
        await using var harness = await StartAsync();
        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        var first = await harness.TakeBackupAsync();
        harness.Time.Advance(TimeSpan.FromHours(1));
        harness.Store.RefuseDelete = _ => new OperationException(OperationError.Refused, "403 from the store.");
        var second = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationState.Completed, second.State);
        Assert.Contains("403 from the store", Assert.Single(second.Status!.Warnings), StringComparison.Ordinal);
        Assert.Equal(2, (await harness.RecordsAsync()).Count);

        harness.Store.RefuseDelete = _ => null;
        harness.Time.Advance(TimeSpan.FromHours(1));
        var third = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));
        var report = OperationQueries.ReadBackup(third)!.Retention!;
        Assert.Equal((2, 1), (report.RemovedCount, report.KeptCount));
        Assert.Contains(first.Key, report.Removed);
        Assert.Equal(OperationQueries.ReadBackup(third)!.Record.Key, Assert.Single(await harness.RecordsAsync()).Key);
    }

    [Fact]
    public async Task A_tick_that_comes_twice_makes_one_backup()
    {
        await using var harness = await StartAsync();
        var due = harness.Time.GetUtcNow();
        var (id, started) = await harness.Operations.StartScheduledAsync(OperationKind.Backup, "old", due, default);
        var (again, startedAgain) = await harness.Operations.StartScheduledAsync(OperationKind.Backup, "old", due, default);
        await harness.EndAsync(id);
        var (late, startedLate) = await harness.Operations.StartScheduledAsync(OperationKind.Backup, "old", due, default);

        Assert.Equal((id, id), (again, late));
        Assert.Equal($"backup-old-{due.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}", id);
        Assert.True(started);
        Assert.False(startedAgain);
        Assert.False(startedLate);
        Assert.Equal(BackupPurpose.Scheduled, Assert.Single(await harness.RecordsAsync()).Purpose);
    }

    [Theory]
    [InlineData("{\"status\":\"maintenance\",\"message\":\"back soon\"}")]
    [InlineData("<!doctype html><html><body>Sign in to your account</body></html>")]
    [InlineData("Überlastet. Bitte später noch einmal.\r\n")]
    [InlineData("Überlastet. Bitte später noch einmal.\r\n", "iso-8859-1")]
    [InlineData("Sign in to your account", "utf-16")]
    public async Task Words_that_come_with_a_success_are_no_backup(string words, string encoding = "utf-8")
    {
        await using var harness = await StartAsync();
        harness.Retention = new RetentionPolicy { KeepLast = 1 };
        var good = await harness.TakeBackupAsync();
        byte[] text = [.. encoding == "utf-16" ? Encoding.Unicode.Preamble : [], .. Encoding.GetEncoding(encoding).GetBytes(words)];
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(text));
        var instance = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Equal(OperationError.Corrupt, instance.Failure!.Error);
        Assert.Contains("text, which is not a backup", instance.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(good.Key, Assert.Single(await harness.RecordsAsync()).Key);
    }

    [Fact]
    public async Task An_opaque_backup_of_a_fraction_of_the_size_or_of_another_kind_needs_an_operators_word()
    {
        await using var harness = await StartAsync();
        byte[] gzip = [0x1F, 0x8B, 8, 0, .. Enumerable.Repeat((byte)7, 10_000)];
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(gzip));
        await harness.TakeBackupAsync();
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream(gzip[..2_000]));
        var small = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new MemoryStream([0xFF, 0, .. gzip]));
        var other = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));

        Assert.Contains("less than a quarter", small.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("a different format", other.Failure!.Message, StringComparison.Ordinal);
        Assert.Single(await harness.RecordsAsync());

        var accepted = await harness.EndAsync(
            await harness.Operations.StartBackupAsync(new BackupInput("old", BackupPurpose.Requested, AcceptSmaller: true), default));
        Assert.Null(accepted.Failure);
    }

    [Fact]
    public async Task No_secret_is_in_journal_store_or_log()
    {
        await using var harness = await StartAsync();
        harness.Old.Backup = (_, _, _) => Task.FromResult<Stream>(new TestStream(10_000));
        var record = await harness.TakeBackupAsync();
        harness.Old.Backup = (_, _, _) => throw new OperationException(OperationError.Refused, "refused");
        var refused = await harness.EndAsync(await harness.Operations.StartBackupAsync("old", default));
        var restored = await harness.EndAsync(await harness.Operations.StartRestoreAsync(new() { Backup = record.Key.ToString(), Target = "new" }, default));

        var secrets = new[] { OperationHarness.Password, OperationHarness.Token }
            .SelectMany(secret => new[] { Encoding.UTF8.GetBytes(secret), Encoding.Unicode.GetBytes(secret) });
        var files = Directory.GetFiles(harness.Folder, "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files.Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            Assert.All(secrets, secret => Assert.Equal(-1, copy.ToArray().AsSpan().IndexOf(secret)));
        }

        foreach (var id in new[] { record.OperationId, refused.Id, restored.Id })
        {
            var history = await harness.HistoryAsync(id);
            Assert.Contains("backup-password", history, StringComparison.Ordinal);
            Assert.DoesNotContain(OperationHarness.Password, history, StringComparison.Ordinal);
            Assert.DoesNotContain(OperationHarness.Token, history, StringComparison.Ordinal);
        }

        Assert.NotEmpty(harness.Log);
        Assert.DoesNotContain(harness.Log, line => line.Contains(OperationHarness.Password, StringComparison.Ordinal));
    }
}
