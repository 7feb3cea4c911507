using System.Security.Cryptography;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Postgres;

namespace TfeBackup.Server.Tests;

/// <summary>A backup that fails after its first byte must look like a broken transfer to any client.</summary>
public sealed class BrokenBackupTests
{
    [Fact]
    public async Task PostgreSQL_stopped_while_tables_are_read()
    {
        await using var server = await PostgresServer.StartAsync(PostgresBinaries.Newest);
        await using var installation = await TestInstallation.CreateFilledAsync(server: server);
        await installation.Database.ExecuteAsync(
            "INSERT INTO audit SELECT timestamptz '2025-06-01' + i * interval '1 second', repeat(md5(i::text), 30) FROM generate_series(1, 300000) i");
        await using var service = await BackupService.StartAsync(installation);

        await RequireBrokenAsync(service, server.KillAsync);
    }

    [Fact]
    public async Task Vault_sealed_while_values_are_decrypted()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await installation.PutObjectAsync("a/large one", RandomNumberGenerator.GetBytes(64 << 20));
        for (var i = 0; i < 40; i++)
        {
            await installation.PutObjectAsync($"b/{i}", await installation.EncryptObjectAsync([1, 2, 3]));
        }

        await using var service = await BackupService.StartAsync(installation);

        await RequireBrokenAsync(service, () =>
        {
            installation.Vault.Sealed = true;
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_damaged_object_among_the_last()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        await installation.PutObjectAsync("a/large one", RandomNumberGenerator.GetBytes(32 << 20));
        var damaged = await installation.EncryptObjectAsync(new byte[200_000]);
        damaged[^100] ^= 1;
        await installation.PutObjectAsync("z/damaged", damaged);
        await using var service = await BackupService.StartAsync(installation);

        await RequireBrokenAsync(service, () => Task.CompletedTask);
        Assert.Contains("z/damaged", service.Process.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Curl_reports_a_broken_transfer()
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        var damaged = await installation.EncryptObjectAsync(new byte[200_000]);
        damaged[^100] ^= 1;
        await installation.PutObjectAsync("z/damaged", damaged);
        await using var service = await BackupService.StartAsync(installation);
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.Combine("payload.json"), BackupService.Document(BackupService.Password));

        using var curl = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "curl",
            ["--silent", "--header", $"Authorization: Bearer {service.Token}", "--request", "POST", "--data", "@payload.json", "--output", "backup.blob", $"{service.Process.Address}_backup/api/v1/backup"])
        {
            WorkingDirectory = folder.Root,
        })!;
        await curl.WaitForExitAsync();

        // 18: the transfer ended with data outstanding; 56: the connection was reset.
        Assert.Contains(curl.ExitCode, (int[])[18, 56]);
    }

    /// <summary>Reads a backup; after its first bytes something breaks.</summary>
    private static async Task RequireBrokenAsync(BackupService service, Func<Task> breakIt)
    {
        using var response = await service.BackupAsync(BackupService.Document(BackupService.Password));
        await BackupService.RequireAsync(response, System.Net.HttpStatusCode.OK);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[100]);
        await breakIt();

        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
        await WaitFor.ConditionAsync(
            () => service.Process.ReadLog().Contains("the connection was aborted", StringComparison.Ordinal), "the service to say why", TimeSpan.FromSeconds(10));
    }
}
