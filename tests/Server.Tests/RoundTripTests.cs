using System.Diagnostics;
using System.Net;
using System.Text;
using TfeBackup.Archive;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(15, false, 18, true)]
    [InlineData(18, true, 15, false)]
    public async Task A_backup_restored_elsewhere_is_the_same_installation_under_its_own_keys(int fromVersion, bool fromBlob, int toVersion, bool toBlob)
    {
        await using var old = await TestInstallation.CreateFilledAsync(fromVersion, fromBlob);
        await using var fresh = await TestInstallation.CreateAsync(toVersion, toBlob);
        var settings = old.Settings().Where(setting => setting.Key != TestInstallation.DefaultWorkFactor.Key).ToDictionary();
        await using var oldService = await BackupService.StartAsync(old, settings);
        await using var newService = await BackupService.StartAsync(fresh);
        var before = await old.StoredContentAsync();

        var backup = await oldService.BackupAsync();
        Assert.Matches(@"^age-encryption\.org/v1\n-> scrypt \S+ 18\n", Encoding.ASCII.GetString(backup, 0, 100));
        using var answer = await newService.RestoreAsync(backup);

        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(await old.PlainContentAsync(), await fresh.PlainContentAsync());
        Assert.Equal(before, await old.StoredContentAsync());

        // The same content, but nothing that was encrypted is stored alike: the keys are others.
        var stored = await fresh.StoredContentAsync();
        Assert.NotEqual(before["table variables"], stored["table variables"]);
        Assert.NotEqual(before["object settings/short"], stored["object settings/short"]);
        Assert.Equal(before["object plain/läuft.log"], stored["object plain/läuft.log"]);

        // And nothing of the restore is left behind.
        Assert.DoesNotContain(await fresh.AllKeysAsync(), key => key.StartsWith(".tfe-backup", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_source_that_breaks_its_own_rules_is_said_to_and_restored_on_request()
    {
        const string key = "public.variables.variables_workspace_id_fkey";
        await using var old = await TestInstallation.CreateFilledAsync();
        await old.Database.ExecuteAsAdminAsync(
            "SET session_replication_role = replica; INSERT INTO variables VALUES (gen_random_uuid(), 4711, 'orphan', 'not encrypted', NULL)");
        await using var fresh = await TestInstallation.CreateAsync();
        await using var oldService = await BackupService.StartAsync(old);
        await using var newService = await BackupService.StartAsync(fresh);

        var backup = await oldService.BackupAsync();
        await using (var reader = await ArchiveReader.OpenAsync(new MemoryStream(backup), BackupService.Password, null, default))
        {
            while (await reader.ReadAsync(default) is not null)
            {
                // To the end.
            }

            Assert.Equal(key, Assert.Single(reader.Broken));
            var column = Assert.Single(reader.Columns, static column => column.Name == "public.variables.value_encrypted");
            Assert.True(column is { Decrypted: > 0, Plain: 1 }, column.ToString());
        }

        Assert.Contains(key, oldService.Process.ReadLog(), StringComparison.Ordinal);
        using var refused = await newService.RestoreAsync(backup);
        await BackupService.RequireAsync(refused, HttpStatusCode.BadRequest, key);

        using var answer = await newService.RestoreAsync(BackupService.Form($"{{\"password\":\"{BackupService.Password}\",\"not_valid\":[\"{key}\"]}}", backup));
        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        Assert.Equal(await old.PlainContentAsync(), await fresh.PlainContentAsync());
    }

    [Fact]
    public async Task A_restored_installation_can_be_backed_up_and_restored_over_another()
    {
        await using var first = await TestInstallation.CreateFilledAsync();
        await using var second = await TestInstallation.CreateFilledAsync(15, blob: true);
        await second.PutObjectAsync("stale/only here", [1, 2, 3]);
        await using var firstService = await BackupService.StartAsync(first);
        await using var secondService = await BackupService.StartAsync(second);

        using var answer = await secondService.RestoreAsync(await firstService.BackupAsync(), overwrite: true);

        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        Assert.Equal(await first.PlainContentAsync(), await second.PlainContentAsync());
        Assert.DoesNotContain("stale/only here", await second.AllKeysAsync());
        using var back = await firstService.RestoreAsync(await secondService.BackupAsync(), overwrite: true);
        await BackupService.RequireAsync(back, HttpStatusCode.OK);
        Assert.Equal(await first.PlainContentAsync(), await second.PlainContentAsync());
    }

    [Fact]
    public async Task Skip_object_storage_leaves_objects_out_of_the_backup_and_alone_in_the_target()
    {
        await using var old = await TestInstallation.CreateFilledAsync();
        await using var fresh = await TestInstallation.CreateAsync();
        await fresh.PutObjectAsync("copied/by hand", [1, 2, 3]);
        await using var oldService = await BackupService.StartAsync(old);
        await using var newService = await BackupService.StartAsync(fresh);

        using var response = await oldService.BackupAsync($$"""{ "password": "{{BackupService.Password}}", "skip_object_storage": true }""");
        await BackupService.RequireAsync(response, HttpStatusCode.OK);
        var backup = await response.Content.ReadAsByteArrayAsync();
        using var answer = await newService.RestoreAsync(backup);

        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        Assert.Equal(["copied/by hand"], await fresh.AllKeysAsync());
        Assert.Equal(Tables(await old.PlainContentAsync()), Tables(await fresh.PlainContentAsync()));
    }

    [Fact]
    public async Task The_documented_curl_calls_work_as_printed()
    {
        await using var old = await TestInstallation.CreateFilledAsync();
        await using var fresh = await TestInstallation.CreateAsync();
        await using var oldService = await BackupService.StartAsync(old);
        await using var newService = await BackupService.StartAsync(fresh);
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.Combine("payload.json"), $$"""{ "password": "{{BackupService.Password}}" }""");

        await RunAsync(folder, $"curl --silent --show-error --fail --header 'Authorization: Bearer {oldService.Token}' --request POST --data @payload.json --output backup.blob {oldService.Process.Address}_backup/api/v1/backup");
        await RunAsync(folder, $"curl --silent --show-error --fail --header 'Authorization: Bearer {newService.Token}' --request POST --form config=@payload.json --form snapshot=@backup.blob {newService.Process.Address}_backup/api/v1/restore");

        Assert.Equal(await old.PlainContentAsync(), await fresh.PlainContentAsync());
    }

    [Fact]
    public async Task Backups_of_one_moment_may_run_side_by_side()
    {
        await using var old = await TestInstallation.CreateFilledAsync();
        await using var service = await BackupService.StartAsync(old);

        var backups = await Task.WhenAll(service.BackupAsync(), service.BackupAsync());

        foreach (var backup in backups)
        {
            var summary = await ArchiveVerifier.VerifyAsync(new MemoryStream(backup), BackupService.Password, null, CancellationToken.None);
            Assert.Equal(63, summary.Objects);
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Tables(SortedDictionary<string, string> content) =>
        content.Where(item => item.Key.StartsWith("table ", StringComparison.Ordinal));

    private static async Task RunAsync(TempFolder folder, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = folder.Root, RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
    }
}
