using System.Net;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Postgres;

namespace TfeBackup.Server.Tests;

/// <summary>A restore that is given an id is remembered by it, whatever dies and whoever is asked.</summary>
public sealed class RestoreIdTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private static MultipartFormDataContent Body(byte[] backup) => BackupService.Form(BackupService.Document(BackupService.Password, overwrite: true), backup);

    [Fact]
    public async Task The_same_id_asked_again_is_answered_and_does_nothing()
    {
        var source = await SharedSource.GetAsync();
        await using var target = await TestInstallation.CreateAsync();
        await using var first = await BackupService.StartAsync(target);
        await using var second = await BackupService.StartAsync(target);
        Assert.Equal("unknown", await first.RestoreStateAsync("restore-1"));

        using var answer = await first.RestoreAsync("restore-1", Body(source.Backup));
        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        Assert.Equal("restored", await first.RestoreStateAsync("restore-1"));
        Assert.Equal("restored", await second.RestoreStateAsync("restore-1"));

        // By either node, and whatever the body would restore.
        await target.Database.ExecuteAsync("DELETE FROM audit");
        var now = await target.StoredContentAsync();
        using var again = await second.RestoreAsync("restore-1", Body(source.Backup));
        await BackupService.RequireAsync(again, HttpStatusCode.OK);
        Assert.Equal("restore-1", Assert.Single(again.Headers.GetValues("Operation-Id")));
        Assert.Equal(now, await target.StoredContentAsync());

        // Others of another id do not lose it, and no backup carries it.
        for (var i = 2; i < 5; i++)
        {
            using var other = await first.RestoreAsync($"restore-{i}", Body(source.Backup));
            await BackupService.RequireAsync(other, HttpStatusCode.OK);
        }

        Assert.Equal("restored", await second.RestoreStateAsync("restore-1"));
        Assert.Equal(source.Content, await target.PlainContentAsync());
        var carried = new List<string>();
        await using var reader = await Archive.ArchiveReader.OpenAsync(
            new MemoryStream(await second.BackupAsync()), BackupService.Password, null, default);
        while (await reader.ReadAsync(default) is { } entry)
        {
            carried.Add(entry.Path);
        }

        Assert.DoesNotContain(carried, path => path.Contains(".tfe-backup", StringComparison.Ordinal) || path.Contains("restores", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_restore_that_fails_is_said_to_have_failed_and_may_be_tried_again()
    {
        var source = await SharedSource.GetAsync();
        await using var target = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(target);
        using var cut = await service.RestoreAsync("r", Body(source.Backup[..(source.Backup.Length / 2)]));
        await BackupService.RequireAsync(cut, HttpStatusCode.BadRequest);
        Assert.Equal("failed", await service.RestoreStateAsync("r"));
        using var whole = await service.RestoreAsync("r", Body(source.Backup));
        await BackupService.RequireAsync(whole, HttpStatusCode.OK);
        Assert.Equal("restored", await service.RestoreStateAsync("r"));
    }

    [Fact]
    public async Task What_is_no_id_is_refused()
    {
        await using var target = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(target);
        foreach (var id in (string[])["a b", "a/b", "", new string('1', 101)])
        {
            using var answer = await service.RestoreAsync(id, Body([1, 2, 3]));
            await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest, "Operation-Id");
        }
    }

    [Fact]
    public async Task While_it_runs_any_node_says_so_and_what_a_killed_node_left_has_failed()
    {
        var source = await SharedSource.GetAsync();
        await using var target = await TestInstallation.CreateAsync();
        var before = await target.StoredContentAsync();
        await using var survivor = await BackupService.StartAsync(target);
        await using var first = await BackupService.StartAsync(target);
        using var slow = new StallingContent(BackupService.Form(BackupService.Document(BackupService.Password), source.Backup), source.Backup.Length / 2);
        var running = first.RestoreAsync("r", slow);
        await slow.Stalled;
        await WaitFor.ConditionAsync(async () => await survivor.RestoreStateAsync("r") == "running", "the restore to begin", Deadline);
        using var again = await survivor.RestoreAsync("r", Body(source.Backup));
        await BackupService.RequireAsync(again, HttpStatusCode.Conflict, "in progress");

        await first.Process.KillAsync();
        slow.GoOn();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => running);
        await WaitFor.ConditionAsync(async () => await survivor.RestoreStateAsync("r") == "failed", "the restore to have failed", Deadline);
        Assert.Equal(before, await target.StoredContentAsync());
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public async Task A_service_killed_right_after_the_commit_has_restored(bool blob, bool objects)
    {
        var source = await SharedSource.GetAsync();
        var backup = objects ? source.Backup : source.Rows;
        await using var target = await TestInstallation.CreateFilledAsync(blob: blob);
        await target.Database.ExecuteAsync("DELETE FROM audit WHERE what = 'event 1'");
        var own = await target.PlainContentAsync();
        await using var node = await BackupService.StartAsync(target);
        await using var first = await BackupService.StartAsync(target);
        var running = first.RestoreAsync("r", Body(backup));
        await CommittedAsync(target);
        await first.Process.KillAsync();
        await EndedAsync(running);

        Assert.Contains(await node.RestoreStateAsync("r"), (string[])["committed", "restored"]);
        using var again = await node.RestoreAsync("r", Body(backup));
        await BackupService.RequireAsync(again, HttpStatusCode.OK);
        Assert.Equal("restored", await node.RestoreStateAsync("r"));
        await RequireRestoredAsync(source, target, own, objects);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PostgreSQL_killed_around_the_commit_ends_consistent_while_the_service_lives(bool blob)
    {
        var source = await SharedSource.GetAsync();
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var target = await TestInstallation.CreateFilledAsync(blob: blob, server: server);
        await using var service = await BackupService.StartAsync(target);
        await server.CheckpointAsync();
        for (var round = 0; round < 4; round++)
        {
            await target.Database.ExecuteAsync("DELETE FROM audit WHERE what = 'event 1'");
            await target.PutObjectAsync($"only/here {round}", [1, 2, 3]);
            var before = await target.PlainContentAsync();
            var id = $"r{round}";
            var running = service.RestoreAsync(id, Body(source.Backup));

            // Before it, right after it, and a little later, as objects move.
            await Task.WhenAny(running, round == 0 ? SealedAsync(target) : CommittedAsync(target));
            await Task.WhenAny(running, Task.Delay(round * 20));
            await KillAsync(server, target);
            await EndedAsync(running);

            var state = "";
            await WaitFor.ConditionAsync(
                async () => (state = await service.RestoreStateAsync(id)) is "restored" or "failed", "the restore to have ended", Deadline);
            await WaitFor.ConditionAsync(
                async () => !(await target.AllKeysAsync()).Any(IsStaged), "the staging to be gone", Deadline);
            await RequireSameAsync(state == "restored" ? source.Content : before, target, $"Round {round}, {state}");
            await WaitFor.ConditionAsync(
                async () =>
                {
                    using var health = await service.HealthAsync();
                    return health.StatusCode == HttpStatusCode.OK;
                },
                "the service to be well",
                Deadline);
        }
    }

    [Fact]
    public async Task PostgreSQL_killed_before_the_commit_leaves_everything_as_it_was()
    {
        var source = await SharedSource.GetAsync();
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var target = await TestInstallation.CreateFilledAsync(server: server);
        await using var service = await BackupService.StartAsync(target);
        await server.CheckpointAsync();
        var before = await target.PlainContentAsync();
        using var slow = new StallingContent(Body(source.Backup), source.Backup.Length / 2);
        var running = service.RestoreAsync("r", slow);
        await slow.Stalled;
        await WaitFor.ConditionAsync(async () => await service.RestoreStateAsync("r") == "running", "the restore to begin", Deadline);

        await KillAsync(server, target);
        slow.GoOn();
        await EndedAsync(running);

        await WaitFor.ConditionAsync(async () => await service.RestoreStateAsync("r") == "failed", "the restore to have failed", Deadline);
        await RequireSameAsync(before, target, "Killed before the commit");
    }

    private static async Task RequireSameAsync(SortedDictionary<string, string> expected, TestInstallation target, string when)
    {
        var actual = await target.PlainContentAsync();
        Assert.True(
            expected.SequenceEqual(actual),
            $"{when}: expected {string.Join("; ", expected.Except(actual))}, found {string.Join("; ", actual.Except(expected))}");
    }

    /// <summary>Kills the server as a crash would and starts it again.</summary>
    private static async Task KillAsync(PostgresServer server, TestInstallation target)
    {
        await server.KillAsync();
        await server.StartAgainAsync();
        target.Database.DataSource.Clear();
        Npgsql.NpgsqlConnection.ClearAllPools();
    }

    /// <summary>Waits for an answer, or for there being none.</summary>
    private static async Task EndedAsync(Task request)
    {
        try
        {
            await request;
        }
        catch (HttpRequestException)
        {
            // The service was killed.
        }
    }

    private static bool IsStaged(string key) =>
        key.StartsWith(".tfe-backup/", StringComparison.Ordinal) && !key.StartsWith(".tfe-backup/restores.json", StringComparison.Ordinal);

    /// <summary>Waits until the target has a row that only the backup has.</summary>
    private static Task CommittedAsync(TestInstallation target) => WaitFor.ConditionAsync(
        async () => await target.Database.QueryAsync<long>("SELECT count(*) FROM audit WHERE what = 'event 1'") == 1, "the restore to commit", Deadline);

    /// <summary>Waits until the commit is about to be sent.</summary>
    private static Task SealedAsync(TestInstallation target) => WaitFor.ConditionAsync(
        async () => (await target.AllKeysAsync()).Any(key => key.EndsWith("/sealed", StringComparison.Ordinal)), "the staging to be sealed", Deadline);

    private static async Task RequireRestoredAsync(
        SharedSource source, TestInstallation target, SortedDictionary<string, string> own, bool objects)
    {
        static bool IsObject(string key) => key.StartsWith("object ", StringComparison.Ordinal);
        var expected = source.Content;
        var found = await target.PlainContentAsync();
        Assert.Equal(expected.Where(item => !IsObject(item.Key)), found.Where(item => !IsObject(item.Key)));
        Assert.Equal((objects ? expected : own).Where(item => IsObject(item.Key)), found.Where(item => IsObject(item.Key)));
    }
}
