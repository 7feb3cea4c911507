using System.Text;
using Microsoft.AspNetCore.Http;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>Secrets are planted in the only place they belong, and everything else that is left behind is searched for them.</summary>
public sealed class SecretTests
{
    private static readonly string[] Planted = [Site.OldPassword, Site.NewPassword, Site.OldToken, Site.NewToken];

    [Fact]
    public async Task Secrets_appear_in_no_output_journal_log_record_name_or_argument()
    {
        await using var site = await Site.CreateAsync();
        var arguments = new StringBuilder();
        var gate = new TaskCompletionSource();
        site.Old.Backup = async (context, password) =>
        {
            await gate.Task.WaitAsync(context.RequestAborted);
            await site.Old.WriteArchiveAsync(context, password);
        };

        var backup = await site.StartAsync("backup", "old");
        await WaitFor.ConditionAsync(() => site.Old.Backups == 1, "the backup to be asked for", TimeSpan.FromSeconds(60));
        arguments.Append(File.ReadAllText($"/proc/{backup.ProcessId}/cmdline"));
        gate.SetResult();
        (await backup.EndAsync()).ShouldEndWith(0);
        (await site.RunAsync("verify", "old/latest", "--json")).ShouldEndWith(0);
        (await site.RunAsync("restore", "old/latest", "--to", "new", "--json")).ShouldEndWith(0);
        (await site.RunAsync("restore", "old/latest", "--to", "new", "--overwrite")).ShouldEndWith(0);

        // A service that repeats what it was sent.
        site.Old.Backup = async (context, password) =>
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync($"cannot use {password} with {context.Request.Headers.Authorization}");
        };
        (await site.RunAsync("backup", "old")).ShouldEndWith(1);
        site.Configuration["Installations"]!["old"]!["Schedule"] = "0 0 0 1 1 *";
        site.Save();
        var scheduler = await site.StartAsync("run");
        await WaitFor.ConditionAsync(
            () => scheduler.Error.Contains("failed", StringComparison.Ordinal), "the scheduled backup to fail", TimeSpan.FromSeconds(60));
        scheduler.Signal("SIGTERM");
        (await scheduler.EndAsync()).ShouldEndWith(0);
        foreach (var operation in await site.OperationsAsync())
        {
            (await site.RunAsync("operations", (string)operation!["id"]!, "--json")).ShouldEndWith(0);
        }

        (await site.RunAsync("show", "old/latest")).ShouldEndWith(0);
        var searched = Search(site.Folder.Root).ToList();

        Assert.Contains(searched, file => file.EndsWith("operations.db", StringComparison.Ordinal));
        Assert.Contains(searched, file => file.EndsWith("backup.json", StringComparison.Ordinal));
        Assert.Contains(searched, file => file.EndsWith(".stderr", StringComparison.Ordinal));
        Assert.Contains(searched, file => file.EndsWith("new.arguments", StringComparison.Ordinal));
        Assert.Contains(searched, file => file.EndsWith("new.environment", StringComparison.Ordinal));
        Assert.Contains("backup", arguments.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Planted, secret => arguments.ToString().Contains(secret, StringComparison.Ordinal));
    }

    /// <summary>Searches every file but the one that holds the secrets, contents and names.</summary>
    private static IEnumerable<string> Search(string root)
    {
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) == "secrets.json")
            {
                continue;
            }

            var content = File.ReadAllBytes(file);
            foreach (var secret in Planted)
            {
                var forms = new[]
                {
                    Encoding.UTF8.GetBytes(secret),
                    Encoding.Unicode.GetBytes(secret),
                    Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))),
                };
                Assert.True(forms.All(form => content.AsSpan().IndexOf(form) < 0), $"{file} holds {secret}.");
                Assert.DoesNotContain(secret, file, StringComparison.Ordinal);
            }

            yield return file;
        }
    }
}
