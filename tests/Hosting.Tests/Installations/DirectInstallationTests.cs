using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TfeBackup.Archive.Buffers;
using TfeBackup.Engine.Settings;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Installations;
using TfeBackup.Operations;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Tests.Operations;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Operations;

namespace TfeBackup.Hosting.Tests.Installations;

/// <summary>The engine within activities, between a real installation on disk and another on Blob Storage.</summary>
public sealed class DirectInstallationTests : IAsyncLifetime
{
    private const string Password = OperationHarness.Password;

    private readonly ScriptedSecrets _secrets = new();
    private TestInstallation _old = null!;
    private TestInstallation _new = null!;

    public async Task InitializeAsync()
    {
        _old = await TestInstallation.CreateFilledAsync();
        _new = await TestInstallation.CreateAsync(blob: true);
    }

    public async Task DisposeAsync()
    {
        await _old.DisposeAsync();
        await _new.DisposeAsync();
    }

    [Fact]
    public async Task A_drill_between_real_installations_finds_what_really_arrived()
    {
        await using var harness = await OperationHarness.StartAsync(new SqliteEngine());
        harness.Define = definition => definition.Name == "old" ? definition with { Drill = new DrillDefinition("new", null) } : definition;
        harness.Replaced["old"] = await ConnectAsync(_old, "old");
        harness.Replaced["new"] = await ConnectAsync(_new, "new");
        var record = await harness.TakeBackupAsync();
        var instance = await harness.EndAsync(await harness.Operations.StartDrillAsync(harness.GetDefinition("old"), default));

        Assert.Null(instance.Failure);
        Assert.Equal(await _old.PlainContentAsync(), await _new.PlainContentAsync());
        var result = OperationQueries.ReadDrill(instance)!.Result;
        Assert.Equal((true, record.Verification.Rows, record.Verification.Objects), (result.Compared, result.Rows, result.Objects));

        // And it is not blind.
        await _new.Database.ExecuteAsync(
            "UPDATE workspaces SET name = name || '!' WHERE id = 7; DELETE FROM audit WHERE what = 'event 9'; SELECT setval('workspaces_id_seq', 9999)");
        await _new.PutObjectAsync("empty", [1]);
        var comparison = await CompareAsync(harness, record);
        Assert.Equal(
            ["object empty: 0 bytes in the backup, 1 in new",
             "sequence public.workspaces_id_seq: at 400 in the backup, at 9999 in new",
             "table public.audit_2025: 213 rows in the backup, 212 in new",
             "table public.workspaces: 400 rows in both, with different content"],
            comparison.Differences.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_installation_reports_its_status_and_content()
    {
        var old = await (await ConnectAsync(_old, "old")).GetStatusAsync(default);
        var fresh = await (await ConnectAsync(_new, "new")).GetStatusAsync(default);

        Assert.Equal((true, InstallationContent.HoldsData, "1.2.3"), (old.Ready, old.Content, old.ProductVersion));
        Assert.Equal("database, objectStore, vault: OK", old.Detail);
        Assert.Equal((true, InstallationContent.Empty), (fresh.Ready, fresh.Content));
        Assert.True(old.FreeBytes > 0);
    }

    [Theory]
    [InlineData("old-database", "database: ")]
    [InlineData("old-vault", "vault: ")]
    public async Task A_part_that_refuses_is_an_answer_that_shows_no_secret(string secret, string part)
    {
        var installation = await ConnectAsync(_old, "old");
        _secrets.Set(secret, "v1", "x-not-the-right-secret");
        var status = await installation.GetStatusAsync(default);

        Assert.False(status.Ready);
        Assert.Contains(part, status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("x-not-the-right-secret", status.Detail, StringComparison.Ordinal);
        var failure = await Assert.ThrowsAsync<OperationException>(() => installation.BackupAsync(Password, false, default));
        Assert.Equal(OperationError.Unavailable, failure.Error);
        Assert.DoesNotContain("x-not-the-right-secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_restore_has_a_category_and_changes_nothing()
    {
        var installation = await ConnectAsync(_old, "old");
        var backup = new MemoryStream();
        await using (var stream = await installation.BackupAsync(Password, skipObjectStorage: true, default))
        {
            await stream.CopyToAsync(backup);
        }

        var before = await _old.StoredContentAsync();
        Assert.Equal(OperationError.TargetNotEmpty, await RefusalAsync(installation, backup.ToArray(), Password, overwrite: false));
        Assert.Equal(OperationError.WrongPassword, await RefusalAsync(installation, backup.ToArray(), "another", overwrite: true));
        Assert.Equal(OperationError.Corrupt, await RefusalAsync(installation, backup.ToArray()[..^100], Password, overwrite: true));
        Assert.Equal(before, await _old.StoredContentAsync());
    }

    [Fact]
    public async Task Constraints_that_the_source_breaks_are_put_back_NOT_VALID_on_request()
    {
        const string Key = "public.variables.variables_workspace_id_fkey";
        await _old.Database.ExecuteAsAdminAsync(
            "SET session_replication_role = replica; INSERT INTO variables VALUES (gen_random_uuid(), 4711, 'orphan', 'not encrypted', NULL)");
        var source = await ConnectAsync(_old, "old");
        var target = await ConnectAsync(_new, "new");
        var backup = new MemoryStream();
        await using (var stream = await source.BackupAsync(Password, skipObjectStorage: true, default))
        {
            await stream.CopyToAsync(backup);
        }

        var refused = await Assert.ThrowsAsync<OperationException>(
            () => target.RestoreAsync(new MemoryStream(backup.ToArray()), Password, new RestoreOptions("restore-1"), default));
        var unknown = await Assert.ThrowsAsync<OperationException>(
            () => target.RestoreAsync(new MemoryStream(backup.ToArray()), Password, new RestoreOptions("restore-2") { NotValid = ["public.variables.other"] }, default));
        await target.RestoreAsync(new MemoryStream(backup.ToArray()), Password, new RestoreOptions("restore-3") { NotValid = [Key] }, default);

        Assert.Contains(Key, refused.Message, StringComparison.Ordinal);
        Assert.Equal(OperationError.InvalidRequest, unknown.Error);
        Assert.Equal(1L, await _new.Database.QueryAsync<long>("SELECT count(*) FROM variables WHERE workspace_id = 4711"));
        Assert.Equal(1L, await _new.Database.QueryAsync<long>("SELECT count(*) FROM pg_constraint WHERE conname = 'variables_workspace_id_fkey' AND NOT convalidated"));
    }

    [Fact]
    public async Task A_failure_of_the_source_of_a_restore_is_passed_on_as_it_is()
    {
        var installation = await ConnectAsync(_new, "new");
        var failure = await Assert.ThrowsAsync<OperationException>(() => installation.RestoreAsync(new BrokenStore(), Password, new RestoreOptions("restore-1"), default));

        Assert.Equal("the store does not answer", failure.Message);
    }

    [Fact]
    public async Task A_backup_that_is_given_up_gives_the_installation_back()
    {
        var installation = await ConnectAsync(_old, "old");
        var stream = await installation.BackupAsync(Password, false, default);
        Assert.True(await stream.ReadAsync(new byte[100]) > 0);
        await stream.DisposeAsync();

        // A restore needs the installation to itself.
        Assert.Equal(OperationError.Corrupt, await RefusalAsync(installation, [1, 2, 3], Password, overwrite: true));
        Assert.Equal(0L, await _old.Database.QueryAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"));
    }

    private static BackupConfiguration Read(Dictionary<string, string?> settings) =>
        BackupConfiguration.Read(
            new ConfigurationBuilder().AddInMemoryCollection(settings.Where(setting => setting.Value is not null)).Build(), "test", "/");

    private static async Task<OperationError> RefusalAsync(DirectInstallation installation, byte[] backup, string password, bool overwrite) =>
        (await Assert.ThrowsAsync<OperationException>(() => installation.RestoreAsync(new MemoryStream(backup), password, new RestoreOptions("restore-1") { Overwrite = overwrite }, default))).Error;

    private static async Task<DrillComparison> CompareAsync(OperationHarness harness, BackupRecord record)
    {
        await using var data = await harness.Store.OpenDataAsync(record.Key, 0, null, default);
        var source = await Archive.ArchiveReader.OpenAsync(data, Password, null, default);
        await using var arrived = await harness.Replaced["new"].BackupAsync(Password, false, default);
        return await new DrillComparer("new").CompareAsync(
            source, () => Archive.ArchiveReader.OpenAsync(arrived, Password, null, default), default);
    }

    private async Task<DirectInstallation> ConnectAsync(TestInstallation installation, string name)
    {
        var definition = Read(await SettingsAsync(installation, name)).GetInstallation(name).Connection;
        return new DirectInstallation(
            definition,
            _secrets,
            new InstallationFactory(credential: null, TimeProvider.System, NullLoggerFactory.Instance),
            NullLoggerFactory.Instance,
            TimeProvider.System);
    }

    /// <summary>The settings of the service beside an installation, as direct mode has them: every secret by its name.</summary>
    private async Task<Dictionary<string, string?>> SettingsAsync(TestInstallation installation, string name)
    {
        var settings = new Dictionary<string, string?>
        {
            [$"Installations:{name}:Mode"] = "Direct",
            [$"Installations:{name}:PasswordSecret"] = "backup-password",
            ["Store:Kind"] = "Directory",
            ["Store:Path"] = "backups",
        };
        foreach (var (key, value) in installation.Settings().Where(setting => setting.Key.StartsWith("Installation:", StringComparison.Ordinal)))
        {
            settings[$"Installations:{name}:Direct:{key["Installation:".Length..]}"] = value;
        }

        var direct = $"Installations:{name}:Direct";
        var postgres = new NpgsqlConnectionStringBuilder(installation.Database.ConnectionString);
        _secrets.Set($"{name}-database", "v1", postgres.Password!);
        _secrets.Set($"{name}-vault", "v1", installation.Vault.Token);
        postgres.Password = null;
        settings[$"{direct}:Postgres"] = postgres.ConnectionString;
        settings[$"{direct}:PostgresPasswordSecret"] = $"{name}-database";
        settings[$"{direct}:Vault:TokenSecret"] = $"{name}-vault";
        foreach (var held in (string[])["Name", "TokenFile", "Vault:Token", "ObjectStore:ConnectionString"])
        {
            settings.Remove($"{direct}:{held}");
        }

        if (installation.Container is not null)
        {
            _secrets.Set($"{name}-storage", "v1", (await AzuriteServer.SharedAsync()).ConnectionString);
            settings[$"{direct}:ObjectStore:ConnectionStringSecret"] = $"{name}-storage";
        }

        return settings;
    }

    private sealed class BrokenStore : ReadStream
    {
        public override int Read(Span<byte> buffer) =>
            throw new OperationException(OperationError.Unavailable, "the store does not answer");
    }
}
