using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using TfeBackup.Archive;
using TfeBackup.Engine.Database;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

/// <summary>What a restore refuses, and that the target is then what it was: rows, objects, and nothing staged.</summary>
public sealed class RefusalTests(RefusalFixture fixture) : IClassFixture<RefusalFixture>
{
    [Fact]
    public async Task A_wrong_password_is_refused()
    {
        using var answer = await fixture.TargetService.RestoreAsync(fixture.Backup, "befit-brakeman-footstep-unclasq", overwrite: true);

        await RequireRefusalAsync(answer, "password", "WrongPassword");
    }

    [Fact]
    public async Task A_target_that_holds_data_is_refused()
    {
        using var answer = await fixture.TargetService.RestoreAsync(fixture.Backup);

        await RequireRefusalAsync(answer, "overwrite", "TargetNotEmpty");
    }

    [Fact]
    public async Task A_target_that_holds_only_objects_is_refused()
    {
        await using var target = await TestInstallation.CreateAsync();
        await target.PutObjectAsync("one", [1]);
        await using var service = await BackupService.StartAsync(target);

        using var answer = await service.RestoreAsync(fixture.Backup);

        await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest, "holds objects");
        Assert.Equal(["one"], await target.AllKeysAsync());
    }

    [Fact]
    public async Task A_backup_cut_short_anywhere_is_refused()
    {
        // Every layer's edges, and places in between.
        var cuts = new SortedSet<int> { 0, 1, 21, 22, 100, fixture.Backup.Length - 1, fixture.Backup.Length - 16, fixture.Backup.Length - 17 };
        for (var i = 1; i < 12; i++)
        {
            cuts.Add((int)((long)fixture.Backup.Length * i / 12));
        }

        foreach (var cut in cuts)
        {
            using var answer = await fixture.TargetService.RestoreAsync(fixture.Backup[..cut], overwrite: true);
            await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest);
        }

        await RequireUntouchedAsync();
    }

    [Fact]
    public async Task A_backup_with_one_flipped_bit_is_refused_wherever_it_is()
    {
        var random = new Random(20261122);
        for (var i = 0; i < 16; i++)
        {
            var damaged = fixture.Backup.ToArray();
            damaged[i < 4 ? i * 40 : random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            using var answer = await fixture.TargetService.RestoreAsync(damaged, overwrite: true);
            await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest);
        }

        await RequireUntouchedAsync();
    }

    [Fact]
    public async Task A_trailing_byte_is_refused()
    {
        using var answer = await fixture.TargetService.RestoreAsync([.. fixture.Backup, 0], overwrite: true);

        await RequireRefusalAsync(answer);
    }

    [Fact]
    public async Task Another_schema_is_refused_with_all_that_differs()
    {
        await using var target = await TestInstallation.CreateFilledAsync();
        await target.Database.ExecuteAsync("ALTER TABLE variables ADD COLUMN description text; ALTER TABLE audit ALTER COLUMN what TYPE varchar(100)");
        var before = await target.StoredContentAsync();
        await using var service = await BackupService.StartAsync(target);

        using var answer = await service.RestoreAsync(fixture.Backup, overwrite: true);

        await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest, "description");
        await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest, "public.audit");
        Assert.Equal(before, await target.StoredContentAsync());
    }

    [Theory]
    [InlineData("schema.json")]
    [InlineData("a row")]
    [InlineData("a marker")]
    [InlineData("sequences.json")]
    public async Task What_the_backup_is_to_blame_for_is_a_bad_request(string what)
    {
        byte[] json = [];
        await using (var reader = await ArchiveReader.OpenAsync(new MemoryStream(fixture.Backup), BackupService.Password, null, default))
        {
            while (await reader.ReadAsync(default) is { } entry)
            {
                if (entry.Kind == ArchiveEntryKind.Schema)
                {
                    json = new byte[entry.Size];
                    await entry.Content.ReadExactlyAsync(json);
                }
            }
        }

        var schema = DatabaseJson.ReadSchema(json);
        var file = new MemoryStream();
        var info = new BackupInfo { Id = "x", Created = DateTimeOffset.UtcNow, Installation = "x", ProductVersion = "x", PostgresVersion = "18", ObjectsIncluded = false };
        await using (var writer = await ArchiveWriter.CreateAsync(file, BackupService.Password, info, new ArchiveWriterOptions { WorkFactor = 2 }, default))
        {
            await writer.WriteSchemaAsync(what == "schema.json" ? "{\"tables\":[null]}"u8.ToArray() : json, default);
            foreach (var table in schema.Tables)
            {
                var isChosen = table.Columns.Any(static column => column.TransitKey is not null);
                var row = what == "a row" && isChosen ? "no\trow\n"
                    : what == "a marker" && isChosen ? string.Join('\t', table.Columns.Select(static column => column.TransitKey is null ? "1" : "vault:plaintext:k")) + "\n"
                    : "";
                await writer.WritePartAsync(table.Schema, table.Name, Encoding.UTF8.GetBytes(row), default);
            }

            await writer.WriteSequencesAsync("{}"u8.ToArray(), default);
            await writer.CompleteAsync(default);
        }

        using var answer = await fixture.TargetService.RestoreAsync(file.ToArray(), overwrite: true);

        await RequireRefusalAsync(answer, kind: "Corrupt");
    }

    [Theory]
    [InlineData("\"public.audit\"", "Expected an array of names")]
    [InlineData("[1]", "Expected an array of names")]
    [InlineData("[\"public.audit.no_such\"]", "public.audit.no_such")]
    public async Task Constraints_to_put_back_not_valid_are_named_in_an_array(string names, string reason)
    {
        var config = $"{{\"password\":\"{BackupService.Password}\",\"overwrite\":true,\"not_valid\":{names}}}";
        using var answer = await fixture.TargetService.RestoreAsync(BackupService.Form(config, fixture.Backup));

        await RequireRefusalAsync(answer, reason, "InvalidRequest");
    }

    [Fact]
    public async Task Config_may_come_after_the_snapshot()
    {
        await using var target = await TestInstallation.CreateAsync();
        await using var service = await BackupService.StartAsync(target);

        using var answer = await service.RestoreAsync(fixture.Backup, configLast: true);

        await BackupService.RequireAsync(answer, HttpStatusCode.OK);
        Assert.Equal(await fixture.Source.PlainContentAsync(), await target.PlainContentAsync());
    }

    [Theory]
    [InlineData("config", "snapshot")]
    [InlineData("snapshot", "config")]
    public async Task A_missing_field_is_refused(string there, string missing)
    {
        using var form = new MultipartFormDataContent { { new StringContent(BackupService.Document(BackupService.Password, true)), there, "file" } };

        using var answer = await fixture.TargetService.RestoreAsync(form);

        await RequireRefusalAsync(answer, missing);
    }

    [Fact]
    public async Task A_body_that_is_not_multipart_is_refused()
    {
        using var answer = await fixture.TargetService.RestoreAsync(new ByteArrayContent(fixture.Backup));

        await RequireRefusalAsync(answer, "multipart/form-data");
    }

    [Fact]
    public async Task An_empty_body_is_refused()
    {
        using var none = await fixture.TargetService.RestoreAsync(new ByteArrayContent([]));
        await RequireRefusalAsync(none, "multipart/form-data");

        using var empty = new ByteArrayContent([]);
        empty.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        using var answer = await fixture.TargetService.RestoreAsync(empty);
        await RequireRefusalAsync(answer, "multipart");
    }

    [Fact]
    public async Task A_body_cut_after_the_snapshot_is_refused()
    {
        // Everything but the closing boundary: the snapshot's own bytes are all there.
        using var form = BackupService.Form(BackupService.Document(BackupService.Password, true), fixture.Backup);
        var whole = await form.ReadAsByteArrayAsync();
        using var cut = new ByteArrayContent(whole[..^5]);
        cut.Headers.ContentType = form.Headers.ContentType;

        using var answer = await fixture.TargetService.RestoreAsync(cut);

        await RequireRefusalAsync(answer, "multipart");
    }

    [Theory]
    [InlineData("{}", "no \"password\"")]
    [InlineData("""{ "password": "" }""", "empty string")]
    [InlineData("""{ "password": 12 }""", "a number")]
    [InlineData("""{ "password": null }""", "null")]
    [InlineData("[]", "an array")]
    [InlineData("", "empty")]
    [InlineData("password=x", "not JSON")]
    public async Task A_password_that_is_none_is_refused(string document, string reason)
    {
        using var form = BackupService.Form(document, fixture.Backup);
        using var restore = await fixture.TargetService.RestoreAsync(form);
        await RequireRefusalAsync(restore, reason);

        using var backup = await fixture.TargetService.BackupAsync(document);
        await BackupService.RequireAsync(backup, HttpStatusCode.BadRequest, reason);
    }

    [Fact]
    public async Task Requests_without_the_token_are_refused()
    {
        using var http = new HttpClient { BaseAddress = fixture.TargetService.Process.Address };
        foreach (var header in new[] { null, "Bearer", "Bearer x", $"Bearer {fixture.SourceService.Token}", $"Basic {fixture.TargetService.Token}", $"Bearer {fixture.TargetService.Token}x" })
        {
            foreach (var path in new[] { "backup", "restore" })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"/_backup/api/v1/{path}") { Content = new StringContent("{}") };
                if (header is not null)
                {
                    request.Headers.TryAddWithoutValidation("Authorization", header);
                }

                using var answer = await http.SendAsync(request);
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
                Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
            }
        }

        await RequireUntouchedAsync();
    }

    [Fact]
    public async Task Failures_have_no_body_unless_it_is_asked_for()
    {
        using var http = new HttpClient { BaseAddress = fixture.TargetService.Process.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/_backup/api/v1/backup") { Content = new StringContent("{}", Encoding.UTF8) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", fixture.TargetService.Token);

        using var answer = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_target_without_Vault_is_refused_what_was_encrypted()
    {
        var settings = fixture.Target.Settings().Where(setting => !setting.Key.StartsWith("Installation:Vault", StringComparison.Ordinal)).ToDictionary();
        await using var service = await BackupService.StartAsync(fixture.Target, settings);

        using var answer = await service.RestoreAsync(fixture.Backup, overwrite: true);

        await RequireRefusalAsync(answer, "value_encrypted");
    }

    private async Task RequireRefusalAsync(HttpResponseMessage answer, string? reason = null, string? kind = null)
    {
        if (reason is null)
        {
            await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest);
        }
        else
        {
            await BackupService.RequireAsync(answer, HttpStatusCode.BadRequest, reason);
        }

        if (kind is not null)
        {
            using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            Assert.Equal(kind, problem.RootElement.GetProperty("error").GetString());
        }

        await RequireUntouchedAsync();
    }

    private async Task RequireUntouchedAsync()
    {
        Assert.Equal(fixture.Before, await fixture.Target.StoredContentAsync());
        Assert.Equal(fixture.KeysBefore, await fixture.Target.AllKeysAsync());
    }
}
