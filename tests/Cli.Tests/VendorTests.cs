using Microsoft.AspNetCore.Http;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>
/// The vendor's own service on both sides: it calls a backup <c>text/plain</c>, says <c>snapshot applied successfully</c>, has no address that would tell
/// what it holds, replaces whatever that is without asking, remembers no restore, and closes a connection after 5,000 s whatever it carries.
/// </summary>
public sealed class VendorTests
{
    [Fact]
    public async Task A_target_that_cannot_say_that_it_is_full_is_refused_and_backed_up_first_where_overwriting_was_asked_for()
    {
        await using var site = await CreateAsync();
        var held = Blob(7);
        site.New.HoldsData = true;
        site.New.Backup = (context, _) => AnswerAsync(context, held);
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        var refused = (await site.RunAsync("restore", "old/latest", "--to", "new")).ShouldEndWith(8);
        Assert.Contains("--overwrite", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, site.New.Restores);
        Assert.False(File.Exists(site.RestartLog));

        var restored = (await site.RunAsync("restore", "old/latest", "--to", "new", "--overwrite")).ShouldEndWith(0);
        Assert.Matches("The previous data is in backup new/", restored.Out);
        Assert.DoesNotContain("unknown message", restored.Error, StringComparison.Ordinal);
        Assert.Equal(Blob(1), Assert.Single(site.New.Restored).Content);
        Assert.Contains(site.Blobs(), blob => File.ReadAllBytes(blob).AsSpan().SequenceEqual(held));
        Assert.Equal("stopped\n", File.ReadAllText(site.RestartLog));
    }

    [Fact]
    public async Task A_target_that_its_operator_says_is_empty_needs_neither()
    {
        await using var site = await CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        (await site.RunAsync("restore", "old/latest", "--to", "new", "--target-is-empty")).ShouldEndWith(0);

        Assert.Equal(Blob(1), Assert.Single(site.New.Restored).Content);
        Assert.Single(await site.ListAsync());
        Assert.Equal(0, site.New.Backups);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("limit")]
    public async Task A_backup_whose_connection_is_closed_is_never_published_and_the_next_try_is(string how)
    {
        await using var site = await CreateAsync();
        site.Old.NextCallLimit = how == "limit" ? TimeSpan.FromMilliseconds(200) : null;
        site.Old.Backup = async (context, _) =>
        {
            if (site.Old.Backups > 1)
            {
                await AnswerAsync(context, Blob(1));
                return;
            }

            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.Body.WriteAsync(Blob(1).AsMemory(0, 1_000_000));
            await context.Response.Body.FlushAsync();
            if (how == "cut")
            {
                // A reset takes along what the client has not read yet, the answer's head included; when it has that, it begins a file.
                await WaitFor.ConditionAsync(
                    () => Directory.EnumerateFiles(site.Folder.Combine("store"), "*backup.blob*", SearchOption.AllDirectories).Any(),
                    "the client to read",
                    TimeSpan.FromSeconds(30));
                context.Abort();
            }
            else
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
        };

        var result = (await site.RunAsync("backup", "old")).ShouldEndWith(0);

        Assert.Contains("was cut off", result.Error, StringComparison.Ordinal);
        Assert.Single(await site.ListAsync());
        Assert.Equal(Blob(1), File.ReadAllBytes(Assert.Single(site.Blobs())));
    }

    [Fact]
    public async Task A_restore_that_is_cut_within_its_upload_has_changed_nothing_and_is_tried_again()
    {
        // Longer than what the machines between the two keep for a while.
        var blob = Blob(1, 32_000_000);
        await using var site = await CreateAsync();
        site.Old.Backup = (context, _) => AnswerAsync(context, blob);
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        site.New.WithinUpload = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        var result = (await site.RunAsync("restore", "old/latest", "--to", "new", "--target-is-empty")).ShouldEndWith(0);

        Assert.Contains("Nothing was applied", result.Error, StringComparison.Ordinal);
        Assert.Equal(blob, Assert.Single(site.New.Restored).Content);
    }

    [Fact]
    public async Task A_restore_whose_answer_is_cut_off_is_never_repeated_and_says_what_is_known()
    {
        await using var site = await CreateAsync();
        (await site.RunAsync("backup", "old")).ShouldEndWith(0);
        site.New.BeforeAnswer = context => context.Abort();

        var result = await site.RunAsync("restore", "old/latest", "--to", "new", "--target-is-empty");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("may or may not have been applied", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, site.New.Restores);
    }

    private static async Task<Site> CreateAsync()
    {
        var site = await Site.CreateAsync(oldIsVendors: true, newIsVendors: true);
        site.Old.Backup = (context, _) => AnswerAsync(context, Blob(1));
        return site;
    }

    private static async Task AnswerAsync(HttpContext context, byte[] blob)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.Body.WriteAsync(blob);
    }

    private static byte[] Blob(int seed, int size = 3_000_000)
    {
        var blob = new byte[size];
        new Random(seed).NextBytes(blob);
        return blob;
    }
}
