using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TfeBackup.Archive.Age;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests;

/// <summary>Objects whose Transit key Vault does not have stop a backup before its first byte, and health says so to who has the token.</summary>
public sealed class ObjectTrialTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_that_Vault_has_lost_is_found_before_the_first_byte(bool isValue)
    {
        await using var installation = await TestInstallation.CreateFilledAsync();
        for (var i = 0; i < 200; i++)
        {
            await installation.PutObjectAsync($"states/plain-{i}", Encoding.UTF8.GetBytes("not encrypted"));
        }

        // The only one below its directory.
        await installation.PutObjectAsync("registry/module", isValue ? "vault:v9:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"u8.ToArray() : await EncryptUnderLostKeyAsync(installation));
        await using var service = await BackupService.StartAsync(installation);

        using var backup = await service.BackupAsync(BackupService.Document(BackupService.Password));
        await BackupService.RequireAsync(backup, HttpStatusCode.InternalServerError, "'registry/module'");
        using var health = await service.HealthAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        using var report = JsonDocument.Parse(await health.Content.ReadAsStringAsync());
        var check = report.RootElement.GetProperty("checks").EnumerateArray().Single(one => one.GetProperty("name").GetString() == "objectStore");
        Assert.Contains("'registry/module'", check.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // Backups that leave objects out do not need it.
        using var rows = await service.BackupAsync(JsonSerializer.Serialize(new { password = BackupService.Password, skip_object_storage = true }));
        await BackupService.RequireAsync(rows, HttpStatusCode.OK);
    }

    private static async Task<byte[]> EncryptUnderLostKeyAsync(TestInstallation installation)
    {
        var fileKey = RandomNumberGenerator.GetBytes(AgeFile.FileKeySize);
        var wrapped = installation.Vault.Encrypt($"{TestInstallation.App}_archivist", fileKey);
        using MemoryStream encrypted = new();
        await using var age = await AgeFile.CreateEncryptingStreamAsync(
            encrypted, [new AgeStanza("vault-transit", ["lost_archivist"], Encoding.ASCII.GetBytes(wrapped))], fileKey, default);
        await age.WriteAsync(new byte[100_000]);
        await age.CompleteAsync(default);
        return encrypted.ToArray();
    }
}
