using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using TfeBackup.Operations;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>What operators do, with the real program against installations that speak the documented API.</summary>
public sealed class OperationTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_backup_is_taken_listed_shown_verified_and_restored()
    {
        await using var site = await Site.CreateAsync();

        var backup = (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var list = (await site.RunAsync("list")).ShouldEndWith(0);
        var show = (await site.RunAsync("show", "latest")).ShouldEndWith(0);
        var verify = (await site.RunAsync("verify", "old/latest")).ShouldEndWith(0);
        var restore = (await site.RunAsync("restore", "latest", "--to", "new", "--json")).ShouldEndWith(0);
        var operations = (await site.RunAsync("operations")).ShouldEndWith(0);

        Assert.Matches(@"^Backup old/\S+ was taken, verified \(every entry\) and published: ", backup.Out);
        Assert.Matches(@"(?m)^old/\S+ .* every entry +latest$", list.Out);
        Assert.Matches(@"(?m)^SHA-256: +[0-9a-f]{64}$", show.Out);
        Assert.StartsWith("The backup passed: ", verify.Out, StringComparison.Ordinal);
        var restored = Assert.Single(site.New.Restored);
        Assert.Equal(Site.OldPassword, restored.Password);
        Assert.Equal(File.ReadAllBytes(Assert.Single(site.Blobs())), restored.Content);
        Assert.Equal("new", (string?)JsonNode.Parse(restore.Out)!["output"]!["target"]);
        Assert.Equal("stopped\n", File.ReadAllText(site.RestartLog));
        Assert.Equal(3, operations.Out.Split('\n').Count(line => line.Contains("  completed  ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_the_vendors_service_sends_is_kept_and_restored_as_it_came()
    {
        await using var site = await Site.CreateAsync(oldIsVendors: true);
        var blob = new byte[3_000_000];
        new Random(1).NextBytes(blob);
        site.Old.Backup = async (context, _) =>
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.Body.WriteAsync(blob);
        };

        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        (await site.RunAsync("verify", "old/latest")).ShouldEndWith(0);
        (await site.RunAsync("restore", "old/latest", "--to", "new")).ShouldEndWith(0);

        Assert.Equal("opaque", (string?)Assert.Single(await site.ListAsync())!["format"]);
        Assert.Equal(blob, Assert.Single(site.New.Restored).Content);
    }

    [Theory]
    [InlineData("500", "500")]
    [InlineData("ends early", "was cut off")]
    [InlineData("refuses the token", "401")]
    public async Task A_source_that_fails_publishes_nothing_and_says_why(string fault, string reason)
    {
        await using var site = await Site.CreateAsync(timings: 0.001);
        site.Old.Size = 4 << 20;
        site.Old.Backup = async (context, password) =>
        {
            switch (fault)
            {
                case "500":
                    context.Response.StatusCode = 500;
                    break;
                case "refuses the token":
                    context.Response.StatusCode = 401;
                    break;
                default:
                    await TestArchive.WriteAsync(context.Response.Body, password, site.Old.Size, beforeEnd: async () =>
                    {
                        await context.Response.Body.FlushAsync();
                        context.Abort();
                    });
                    break;
            }
        };

        var result = (await site.RunAsync("backup", "old")).ShouldEndWith(1);

        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Empty(await site.ListAsync());
        Assert.Equal("Failed", (string?)Assert.Single(await site.OperationsAsync())!["state"]);
    }

    [Fact]
    public async Task A_source_that_stalls_is_given_up_and_asked_again()
    {
        await using var site = await Site.CreateAsync();
        site.Old.Size = 4 << 20;
        site.Old.Backup = async (context, password) =>
        {
            if (site.Old.Backups > 1)
            {
                await site.Old.WriteArchiveAsync(context, password);
                return;
            }

            await TestArchive.WriteAsync(context.Response.Body, password, site.Old.Size, beforeEnd: async () =>
            {
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            });
        };

        var result = (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        Assert.Matches("stream: .*stalled", result.Error);
        Assert.Equal(2, site.Old.Backups);
        Assert.Single(await site.ListAsync());
        Assert.Single(site.Blobs());
    }

    [Fact]
    public async Task A_target_that_holds_data_is_left_alone_unless_overwriting_was_asked_for()
    {
        await using var site = await Site.CreateAsync();
        site.New.HoldsData = true;
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var refused = (await site.RunAsync("restore", "old/latest", "--to", "new", "--json")).ShouldEndWith(8);
        var untouched = site.New.Restores;
        var overwritten = (await site.RunAsync("restore", "old/latest", "--to", "new", "--overwrite")).ShouldEndWith(0);

        Assert.Contains("TargetNotEmpty", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, untouched);
        Assert.Matches("The previous data is in backup new/", overwritten.Out);
        Assert.Contains(await site.ListAsync(), record => (string?)record!["purpose"] == "Safety");
    }

    [Fact]
    public async Task A_restore_waits_for_an_approval_and_for_a_restart_by_hand()
    {
        await using var site = await Site.CreateAsync();
        site.Configuration["Installations"]!["new"]!.AsObject().Remove("Restart");
        site.Save();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var restore = await site.StartAsync("restore", "latest", "--to", "new", "--require-approval");
        var id = await WaitForOperatorAsync(site, "approval");
        Assert.Equal(0, site.New.Restores);
        (await site.RunAsync("approve", id, "--comment", "agreed")).ShouldEndWith(0);
        _ = await WaitForOperatorAsync(site, "restarted");

        // An approval that is repeated does not confirm a restart that nobody did.
        Assert.Contains("not waiting for 'approval' but for 'restarted'", (await site.RunAsync("approve", id)).ShouldEndWith(1).Error, StringComparison.Ordinal);
        (await site.RunAsync("approve", id, "--restarted")).ShouldEndWith(0);

        (await restore.EndAsync()).ShouldEndWith(0);
        Assert.Single(site.New.Restored);
    }

    [Fact]
    public async Task An_approval_that_is_declined_ends_the_restore_before_anything_is_changed()
    {
        await using var site = await Site.CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var restore = await site.StartAsync("restore", "latest", "--to", "new", "--require-approval");
        var id = await WaitForOperatorAsync(site, "approval");
        (await site.RunAsync("approve", id, "--decline", "--comment", "not tonight")).ShouldEndWith(0);

        var ended = (await restore.EndAsync()).ShouldEndWith(1);
        Assert.Contains("not tonight", ended.Error, StringComparison.Ordinal);
        Assert.Equal(0, site.New.Restores);
    }

    [Fact]
    public async Task Interrupting_leaves_an_operation_that_the_same_command_goes_on_with()
    {
        await using var site = await Site.CreateAsync();
        var gate = new TaskCompletionSource();
        site.Old.Backup = async (context, password) =>
        {
            await gate.Task.WaitAsync(context.RequestAborted);
            await site.Old.WriteArchiveAsync(context, password);
        };

        var first = await site.StartAsync("backup", "old");
        await WaitFor.ConditionAsync(() => site.Old.Backups == 1, "the backup to be asked for", Deadline);
        first.Signal("SIGINT");
        var interrupted = (await first.EndAsync()).ShouldEndWith(1);
        var pending = Assert.Single(await site.OperationsAsync())!;
        var other = (await site.RunAsync("restart", "old")).ShouldEndWith(6);
        gate.SetResult();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var id = (string)pending["id"]!;
        Assert.Contains($"tfe-backup operations {id} --resume", interrupted.Error, StringComparison.Ordinal);
        Assert.True((bool)pending["interrupted"]!);
        Assert.Contains(id, other.Error, StringComparison.Ordinal);
        Assert.Contains("--cancel", other.Error, StringComparison.Ordinal);
        var ended = Assert.Single(await site.OperationsAsync())!;
        Assert.Equal(id, (string?)ended["id"]);
        Assert.Equal("Completed", (string?)ended["state"]);
        Assert.Single(await site.ListAsync());
    }

    [Fact]
    public async Task A_step_says_how_often_its_process_was_killed()
    {
        await using var site = await Site.CreateAsync();
        var write = site.Old.Backup;
        site.Old.Backup = (context, password) =>
            site.Old.Backups <= 2 ? Task.Delay(Timeout.Infinite, context.RequestAborted) : write(context, password);
        for (var kills = 1; kills <= 2; kills++)
        {
            var process = await site.StartAsync("backup", "old");
            await WaitFor.ConditionAsync(() => site.Old.Backups == kills, "the backup to be asked for", Deadline);
            await process.KillAsync();
        }

        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var operation = Assert.Single(await site.OperationsAsync())!;
        var stream = operation["status"]!["steps"]!.AsArray().Single(step => (string?)step!["name"] == "stream")!;
        Assert.Equal((2, "Done"), ((int)stream["retries"]!, (string?)stream["state"]));
        Assert.Matches(@"(?m)^stream +done .* 2 of 9 ", (await site.RunAsync("operations", (string)operation["id"]!)).Out);
    }

    [Fact]
    public async Task An_operation_of_a_newer_version_is_left_to_it()
    {
        await using var site = await Site.CreateAsync();
        var write = site.Old.Backup;
        site.Old.Backup = (context, password) =>
            site.Old.Backups == 1 ? Task.Delay(Timeout.Infinite, context.RequestAborted) : write(context, password);
        var newer = await site.StartAsync("backup", "old");
        await WaitFor.ConditionAsync(() => site.Old.Backups == 1, "the backup to be asked for", Deadline);
        await newer.KillAsync();
        var id = (string)Assert.Single(await site.OperationsAsync())!["id"]!;
        SetVersion(OperationCatalog.Version, "99.0");

        Assert.Contains(
            $"Operation {id} was started by a newer version", (await site.RunAsync("operations", id, "--resume")).ShouldEndWith(1).Error, StringComparison.Ordinal);
        Assert.Contains("Resume or cancel it with the newer version.", (await site.RunAsync("backup", "old")).ShouldEndWith(1).Error, StringComparison.Ordinal);
        Assert.Equal("Running", (string?)Assert.Single(await site.OperationsAsync())!["state"]);

        SetVersion("99.0", OperationCatalog.Version);
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        Assert.Equal(id, (string?)Assert.Single(await site.OperationsAsync())!["id"]);

        void SetVersion(string from, string to)
        {
            using var connection = new SqliteConnection($"Data Source={site.Folder.Combine("state", "operations.db")};Pooling=false");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"UPDATE history SET event = replace(event, '\"{from}\"', '\"{to}\"') WHERE event LIKE '%ExecutionStarted%'; UPDATE instance SET version = '{to}'";
            Assert.Equal(2, command.ExecuteNonQuery());
        }
    }

    [Fact]
    public async Task An_interrupted_restore_that_is_cancelled_is_not_carried_out_by_anybody()
    {
        await using var site = await Site.CreateAsync();
        site.Old.Size = 64 << 20;
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        TaskCompletionSource isUploading = new();
        site.New.WithinUpload = context =>
        {
            isUploading.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var restore = await site.StartAsync("restore", "latest", "--to", "new");
        await isUploading.Task.WaitAsync(Deadline);
        await restore.KillAsync();
        var id = (string)(await site.OperationsAsync()).Single(operation => (string?)operation!["name"] == "Restore")!["id"]!;

        // What somebody else does meanwhile leaves it alone.
        var run = await site.StartAsync("run");
        await WaitFor.ConditionAsync(() => run.Error.Contains($"Operation {id} was interrupted and is not resumed", StringComparison.Ordinal), "run to say so", Deadline);
        run.Signal("SIGINT");
        (await run.EndAsync()).ShouldEndWith(0);
        Assert.Equal(1, site.New.Restores);

        // Nobody can tell whether the attempt that was killed was applied: this service remembers none.
        var cancelled = (await site.RunAsync("operations", id, "--cancel")).ShouldEndWith(4);
        Assert.Equal(1, site.New.Restores);
        Assert.Empty(site.New.Restored);
        Assert.Contains("is either unchanged or completely restored", cancelled.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_that_is_interrupted_before_it_has_changed_anything_ends_cancelled()
    {
        await using var site = await Site.CreateAsync();
        site.Configuration["Installations"]!["new"]!.AsObject().Remove("Restart");
        site.Save();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var restore = await site.StartAsync("restore", "latest", "--to", "new", "--require-approval");
        _ = await WaitForOperatorAsync(site, "approval");
        restore.Signal("SIGINT");

        (await restore.EndAsync()).ShouldEndWith(5);
        var ended = (await site.OperationsAsync()).Single(operation => (string?)operation!["name"] == "Restore")!;
        Assert.True(ended["failure"] is not null, ended + restore.Error + restore.Out);
        Assert.Equal(("Failed", "Cancelled"), ((string?)ended["state"], (string?)ended["failure"]!["error"]));
        Assert.Equal("Unchanged", (string?)ended["status"]!["target"]);
        Assert.Equal(0, site.New.Restores);
    }

    [Fact]
    public async Task A_second_operation_on_an_installation_is_refused_naming_the_first_and_the_first_can_be_cancelled()
    {
        await using var site = await Site.CreateAsync();
        site.Old.Backup = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);

        var first = await site.StartAsync("backup", "old");
        await WaitFor.ConditionAsync(() => site.Old.Backups == 1, "the backup to be asked for", Deadline);
        var second = (await site.RunAsync("backup", "old")).ShouldEndWith(6);
        var id = (string)Assert.Single(await site.OperationsAsync())!["id"]!;
        (await site.RunAsync("operations", id, "--cancel")).ShouldEndWith(0);

        Assert.Contains(id, second.Error, StringComparison.Ordinal);
        (await first.EndAsync()).ShouldEndWith(5);
        Assert.Equal("Cancelled", (string?)Assert.Single(await site.OperationsAsync())!["failure"]!["error"]);
        Assert.Empty(await site.ListAsync());
    }

    [Fact]
    public async Task Prune_says_what_it_would_remove_before_it_removes_it()
    {
        await using var site = await Site.CreateAsync();
        for (var i = 0; i < 3; i++)
        {
            (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        }

        site.Configuration["Installations"]!["old"]!["Retention"] = new JsonObject { ["KeepLast"] = 1 };
        site.Save();
        var dry = (await site.RunAsync("prune", "old", "--dry-run")).ShouldEndWith(0);
        var before = (await site.ListAsync()).Count;
        (await site.RunAsync("prune", "old")).ShouldEndWith(0);

        Assert.Contains("2 would be removed", dry.Out, StringComparison.Ordinal);
        Assert.Equal(3, before);
        Assert.Single(await site.ListAsync());
        Assert.Single(site.Blobs());
    }

    [Fact]
    public async Task The_scheduler_takes_the_backup_that_is_due_once_and_ends_when_told_to()
    {
        await using var site = await Site.CreateAsync();
        site.Configuration["Installations"]!["old"]!["Schedule"] = "0 0 0 1 1 *";
        site.Save();

        var scheduler = await site.StartAsync("run");
        await WaitFor.ConditionAsync(async () => (await site.ListAsync()).Count == 1, "the backup that was due", Deadline);
        scheduler.Signal("SIGTERM");
        (await scheduler.EndAsync()).ShouldEndWith(0);
        var again = await site.StartAsync("run");
        await WaitFor.ConditionAsync(() => again.Error.Contains("Running.", StringComparison.Ordinal), "the scheduler to run", Deadline);
        again.Signal("SIGINT");
        (await again.EndAsync()).ShouldEndWith(0);

        Assert.Equal("Scheduled", (string?)Assert.Single(await site.ListAsync())!["purpose"]);
        Assert.Single(await site.OperationsAsync());
    }

    [Fact]
    public async Task An_installation_that_is_not_configured_is_wrong_use()
    {
        await using var site = await Site.CreateAsync();

        var result = (await site.RunAsync("backup", "olde")).ShouldEndWith(2);

        Assert.Contains("configured are: new, old", result.Error, StringComparison.Ordinal);
    }

    private static async Task<string> WaitForOperatorAsync(Site site, string what)
    {
        string? id = null;
        await WaitFor.ConditionAsync(
            async () =>
            {
                var waiting = (await site.OperationsAsync()).FirstOrDefault(operation => (string?)operation!["status"]?["waiting"]?["event"] == what);
                id = (string?)waiting?["id"];
                return id is not null;
            },
            $"an operation to wait for {what}",
            Deadline);
        return id!;
    }
}
