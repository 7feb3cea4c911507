using System.Net;
using System.Text;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

/// <summary>Clients that fall silent, go away, come in numbers, or read only when they have sent everything.</summary>
public sealed class ClientTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_client_that_falls_silent_in_its_upload_is_given_up_and_the_installation_is_free()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await using var service = await BackupService.StartAsync(installation, ("Installation:IdleLimit", "0:00:01"));
        var backup = await service.BackupAsync();
        using var form = BackupService.Form(BackupService.Document(BackupService.Password, true), backup);
        var body = await form.ReadAsByteArrayAsync();
        using var client = await RawClient.PostAsync(service, "restore", body.Length, form.Headers.ContentType!.ToString());

        await client.SendAsync(body.AsMemory(0, body.Length / 2));
        var answer = await ReadSomeAsync(client);

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("The client sent nothing for 0:00:01", answer, StringComparison.Ordinal);
        await WaitForLocksAsync(installation, 0);
        using var again = await service.RestoreAsync(backup, overwrite: true);
        await BackupService.RequireAsync(again, HttpStatusCode.OK);
    }

    [Fact]
    public async Task Connections_are_probed_while_they_are_silent()
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(installation);
        using var client = await RawClient.PostAsync(service, "restore", 1 << 20, "application/octet-stream");
        var port = service.Process.Address.Port.ToString("X4", System.Globalization.CultureInfo.InvariantCulture);

        // As the kernel tells it: the established connection's timer 2 is that of keepalive.
        await WaitFor.ConditionAsync(
            () => !OperatingSystem.IsLinux() || File.ReadLines("/proc/net/tcp")
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Any(fields => fields[1].EndsWith($":{port}", StringComparison.Ordinal) && fields[3] == "01" && fields[5].StartsWith("02:", StringComparison.Ordinal)),
            "the keepalive timer",
            Deadline);
    }

    [Fact]
    public async Task A_client_that_takes_no_more_of_its_backup_is_given_up()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await installation.PutLargeObjectAsync("large", 64 << 20);
        await using var service = await BackupService.StartAsync(installation, ("Installation:IdleLimit", "0:00:01"));
        var body = Encoding.ASCII.GetBytes(BackupService.Document(BackupService.Password));
        using var client = await RawClient.PostAsync(service, "backup", body.Length, "application/json");
        await client.SendAsync(body);

        await WaitForLogAsync(service, "The client took nothing for 0:00:01");

        await WaitForLocksAsync(installation, 0);
    }

    [Fact]
    public async Task A_restore_that_has_everything_goes_on_without_its_client()
    {
        await using var source = await TestInstallation.CreateFilledAsync();
        await using var target = await TestInstallation.CreateAsync(blob: true);
        foreach (var installation in (TestInstallation[])[source, target])
        {
            // Filled by a query that waits for whoever holds the lock.
            await installation.Database.ExecuteAsync("CREATE MATERIALIZED VIEW gate AS SELECT pg_advisory_xact_lock(42) IS NULL AS passed");
        }

        await using var sourceService = await BackupService.StartAsync(source);
        await using var service = await BackupService.StartAsync(target);
        var backup = await sourceService.BackupAsync();
        using var form = BackupService.Form(BackupService.Document(BackupService.Password), backup);
        var body = await form.ReadAsByteArrayAsync();
        await using var connection = await target.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT pg_advisory_xact_lock(42)";
        await command.ExecuteNonQueryAsync();

        // While the database is busy with its views, the rest of the upload arrives, objects and all; then the client goes away.
        using (var client = await RawClient.PostAsync(service, "restore", body.Length, form.Headers.ContentType!.ToString()))
        {
            await client.SendAsync(body);
            await WaitFor.ConditionAsync(
                async () => await target.Database.QueryAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 1,
                "the view to be filled",
                Deadline);
            await WaitForLogAsync(service, "upload is complete");
        }

        await WaitForLogAsync(service, "the operation continues");
        await transaction.RollbackAsync();
        await WaitForLogAsync(service, "completed:");
        Assert.Equal(await source.PlainContentAsync(), await target.PlainContentAsync());
    }

    [Fact]
    public async Task A_client_that_goes_away_within_its_upload_takes_the_restore_along()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await using var service = await BackupService.StartAsync(installation);
        var backup = await service.BackupAsync();
        var before = await installation.StoredContentAsync();
        using var form = BackupService.Form(BackupService.Document(BackupService.Password, true), backup);
        var body = await form.ReadAsByteArrayAsync();
        using (var client = await RawClient.PostAsync(service, "restore", body.Length, form.Headers.ContentType!.ToString()))
        {
            // All but the closing boundary.
            await client.SendAsync(body.AsMemory(0, body.Length - 5));
            await WaitForLocksAsync(installation, 1);
        }

        await WaitForLogAsync(service, "was cancelled by the client");
        await WaitForLocksAsync(installation, 0);
        Assert.Equal(before, await installation.StoredContentAsync());
    }

    [Fact]
    public async Task What_fails_in_the_end_is_told_while_objects_are_still_arriving()
    {
        await using var source = await TestInstallation.CreateFilledAsync();
        await using var target = await TestInstallation.CreateFilledAsync();
        foreach (var installation in (TestInstallation[])[source, target])
        {
            await installation.Database.ExecuteAsync("""
                CREATE FUNCTION luck() RETURNS int LANGUAGE plpgsql AS $$BEGIN RETURN 1; END$$;
                CREATE MATERIALIZED VIEW lucky AS SELECT luck() AS n
                """);
        }

        await target.Database.ExecuteAsync("CREATE OR REPLACE FUNCTION luck() RETURNS int LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no luck'; END$$");
        await source.PutLargeObjectAsync("large", 8 << 20);
        await using var sourceService = await BackupService.StartAsync(source);
        await using var service = await BackupService.StartAsync(target);
        var backup = await sourceService.BackupAsync();
        var before = await target.StoredContentAsync();

        // The upload never ends.
        using var form = BackupService.Form(BackupService.Document(BackupService.Password, true), backup);
        var body = await form.ReadAsByteArrayAsync();
        using var client = await RawClient.PostAsync(service, "restore", body.Length, form.Headers.ContentType!.ToString());
        await client.SendAsync(body.AsMemory(0, body.Length - 100_000));

        Assert.Contains("lucky", await ReadSomeAsync(client), StringComparison.Ordinal);
        Assert.Equal(before, await target.StoredContentAsync());
    }

    [Theory]
    [InlineData("409", HttpStatusCode.Conflict)]
    [InlineData("503", HttpStatusCode.ServiceUnavailable)]
    public async Task Of_many_one_waits_and_the_rest_are_refused(string setting, HttpStatusCode status)
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await installation.PutLargeObjectAsync("large", 32 << 20);
        await using var service = await BackupService.StartAsync(installation, ("Installation:OperationsAtOnce", "1"), ("Installation:BusyStatus", setting));
        var first = await service.BackupAsync(BackupService.Document(BackupService.Password));
        await BackupService.RequireAsync(first, HttpStatusCode.OK);

        var others = Enumerable.Range(0, 12).Select(_ => service.BackupAsync(BackupService.Document(BackupService.Password))).ToList();
        var refused = 0;
        while (refused < 11)
        {
            var ended = await Task.WhenAny(others).WaitAsync(Deadline);
            others.Remove(ended);
            using var answer = await ended;
            await BackupService.RequireAsync(answer, status, "another one is waiting already");
            Assert.Equal(status == HttpStatusCode.ServiceUnavailable, answer.Headers.RetryAfter is not null);
            refused++;
        }

        first.Dispose();
        using var waited = await Assert.Single(others);
        await BackupService.RequireAsync(waited, HttpStatusCode.OK);
    }

    [Fact]
    public async Task Wrong_tokens_are_counted_by_address_and_the_right_one_is_served_all_the_same()
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(installation, ("Installation:FailedTokensPerMinute", "3"));
        using var http = new HttpClient { BaseAddress = service.Process.Address };

        var statuses = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/_backup/api/v1/backup") { Content = new StringContent("{}") };
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {i}");
            using var answer = await http.SendAsync(request);
            statuses.Add((int)answer.StatusCode);
            Assert.Equal(i >= 3, answer.Headers.RetryAfter is not null);
        }

        Assert.Equal([401, 401, 401, 429, 429], statuses);
        using var without = await http.PostAsync(new Uri("/_backup/api/v1/backup", UriKind.Relative), new StringContent("{}"));
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        using var right = await service.BackupAsync(BackupService.Document(BackupService.Password));
        await BackupService.RequireAsync(right, HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null, "HTTP/1.1 400")]
    [InlineData("no-token-of-anybody", "HTTP/1.1 401")]
    public async Task A_client_that_sends_everything_before_it_reads_still_gets_the_reason(string? token, string status)
    {
        await using var installation = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(installation);
        const int pieces = 160;
        var piece = new byte[1 << 20];
        using var client = await RawClient.PostAsync(service, "restore", (long)pieces * piece.Length, "application/octet-stream", token);

        for (var i = 0; i < pieces; i++)
        {
            await client.SendAsync(piece);
        }

        Assert.StartsWith(status, await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_work_factor_beyond_the_setting_is_refused()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await using var other = await BackupService.StartAsync(installation, TestInstallation.DefaultWorkFactor);
        await using var service = await BackupService.StartAsync(installation, ("Installation:MaxWorkFactor", "17"));

        using var answer = await service.RestoreAsync(await other.BackupAsync(), overwrite: true);

        await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest, "work factor");
        using var cheap = await service.RestoreAsync(await service.BackupAsync(), overwrite: true);
        await BackupService.RequireAsync(cheap, HttpStatusCode.OK);
    }

    /// <summary>Reads until a JSON document has come: the service goes on reading what a client may still send.</summary>
    private static async Task<string> ReadSomeAsync(RawClient client)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n0\r\n", StringComparison.Ordinal))
        {
            var read = await client.ReadAsync(buffer).AsTask().WaitAsync(Deadline);
            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    private static Task WaitForLogAsync(BackupService service, string words) => WaitFor.ConditionAsync(
        () => service.Process.ReadLog().Contains(words, StringComparison.Ordinal), $"the service to log '{words}'", Deadline);

    private static Task WaitForLocksAsync(TestInstallation installation, long count) => WaitFor.ConditionAsync(
        async () => await installation.Database.QueryAsync<long>(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") == count,
        $"{count} locks",
        Deadline);
}
