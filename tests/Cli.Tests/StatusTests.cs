using System.Text.Json.Nodes;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>"Am I safe?", for people and for monitoring systems.</summary>
public sealed class StatusTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Without_a_backup_it_is_critical_and_with_a_recent_one_ok()
    {
        await using var site = await CreateAsync();

        var before = (await site.RunAsync("status")).ShouldEndWith(2);
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        var after = (await site.RunAsync("status", "--utc")).ShouldEndWith(0);
        var json = JsonNode.Parse((await site.RunAsync("status", "old", "--json")).ShouldEndWith(0).Out)!;

        Assert.StartsWith("CRITICAL - old: There is no backup.\n", before.Out, StringComparison.Ordinal);
        Assert.StartsWith("OK - 2 installations, and nothing needs attention\n", after.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^  Backup: +old/\S+, \d[^,]* old \(RPO 6 h 00 min\), ", after.Out);
        Assert.Matches(@"(?m)^  Next: +backup \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$", after.Out);
        Assert.DoesNotContain('\u001b', after.Out);
        var old = Assert.Single(json["installations"]!.AsArray())!;
        Assert.Equal("Ok", (string?)json["level"]);
        Assert.Equal(21_600, (long)old["rpoSeconds"]!);
        Assert.InRange((long)old["ageSeconds"]!, 0, 600);
        Assert.Equal(1, (int)old["stored"]!);
    }

    [Fact]
    public async Task An_old_backup_a_failed_check_and_a_failed_operation_are_said_each()
    {
        await using var site = await CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        site.Configuration["Installations"]!["old"]!["Rpo"] = "00:00:00.001";
        site.Save();
        var overdue = (await site.RunAsync("status", "old")).ShouldEndWith(2);

        site.Configuration["Installations"]!["old"]!["Rpo"] = "06:00:00";
        site.Save();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        Damage(site.Blobs().Select(blob => new FileInfo(blob)).MaxBy(blob => blob.LastWriteTimeUtc)!.FullName);
        (await site.RunAsync("verify", "old/" + await NewestAsync(site))).ShouldEndWith(1, anyFailure: true);
        var damaged = (await site.RunAsync("status", "old")).ShouldEndWith(1);

        site.Old.Backup = (context, _) =>
        {
            context.Response.StatusCode = 400;
            return Task.CompletedTask;
        };
        (await site.RunAsync("backup", "old")).ShouldEndWith(1, anyFailure: true);
        var failed = (await site.RunAsync("status", "old")).ShouldEndWith(1);

        Assert.Contains("The newest verified backup is older than the RPO of ", overdue.Out, StringComparison.Ordinal);
        Assert.Contains("the newest backup, failed; a restore takes old/", damaged.Out, StringComparison.Ordinal);
        Assert.Contains("The last backup failed (backup-old-", failed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_operation_is_shown_and_an_interrupted_one_is_a_warning()
    {
        await using var site = await CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        site.Old.Backup = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var backup = await site.StartAsync("backup", "old");
        await WaitFor.ConditionAsync(() => site.Old.Backups == 2, "the backup to be asked for", Deadline);

        var running = (await site.RunAsync("status", "old")).ShouldEndWith(0);
        await backup.KillAsync();
        var interrupted = (await site.RunAsync("status", "old")).ShouldEndWith(1);

        Assert.Matches(@"(?m)^  Running: +backup-old-\S+: stream, for ", running.Out);
        Assert.Matches(@"^WARNING - old: Operation backup-old-\S+ was interrupted, and nobody works on it\.", interrupted.Out);
    }

    [Theory]
    [InlineData("status", "nobody")]
    [InlineData("status", "--nonsense")]
    [InlineData("status", "--config", "missing.json")]
    public async Task What_cannot_be_told_is_unknown(params string[] arguments)
    {
        await using var site = await CreateAsync();

        (await site.RunAsync(arguments)).ShouldEndWith(3);
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_unknown()
    {
        await using var site = await CreateAsync();
        Directory.Delete(site.Folder.Combine("store"));

        var result = (await site.RunAsync("status")).ShouldEndWith(3);

        Assert.StartsWith("UNKNOWN - new: ", result.Out, StringComparison.Ordinal);
    }

    private static async Task<Site> CreateAsync()
    {
        var site = await Site.CreateAsync();
        site.Configuration["Installations"]!["old"]!["Schedule"] = "0 0 */6 * * *";
        site.Configuration["Installations"]!["old"]!["Rpo"] = "06:00:00";
        site.Configuration["Installations"]!["old"]!["Drill"] = new JsonObject { ["Into"] = "new" };
        site.Save();
        return site;
    }

    private static async Task<string> NewestAsync(Site site) => (string)(await site.ListAsync())[0]!["key"]!["id"]!;

    private static void Damage(string blob)
    {
        using var file = new FileStream(blob, FileMode.Open, FileAccess.ReadWrite);
        file.Position = file.Length / 2;
        var value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ 0xFF));
    }
}
