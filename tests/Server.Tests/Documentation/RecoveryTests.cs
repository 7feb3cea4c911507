using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests.Documentation;

/// <summary>Runs every command of <c>docs/recovery-without-us.md</c>, in order, on a real backup: with stock tools alone.</summary>
public sealed class RecoveryTests
{
    [ToolsFact("age", "bash", "jq", "psql", "python3", "script", "sha256sum", "sort", "tar", "zstd")]
    public async Task A_backup_is_recovered_by_the_page_s_commands_alone()
    {
        await using var old = await TestInstallation.CreateFilledAsync();
        await using var fresh = await TestInstallation.CreateAsync();
        await using (var service = await BackupService.StartAsync(old))
        {
            using var folder = new TempFolder();
            var backup = await service.BackupAsync();
            await File.WriteAllBytesAsync(folder.Combine("backup.blob"), backup);
            await File.WriteAllTextAsync(
                folder.Combine("backup.json"), JsonSerializer.Serialize(new { sha256 = Convert.ToHexStringLower(SHA256.HashData(backup)) }));
            await WriteAgeAsync(folder);

            await RunAsync(folder, fresh);
        }

        Assert.Equal(await old.PlainContentAsync(), await fresh.PlainContentAsync());
    }

    /// <summary>age takes its password from a terminal alone.</summary>
    private static async Task WriteAgeAsync(TempFolder folder)
    {
        var path = Path.Combine(Directory.CreateDirectory(folder.Combine("bin")).FullName, "age");
        await File.WriteAllTextAsync(
            path, $"#!/bin/sh\nprintf '%s\\n' '{BackupService.Password}' | script --quiet --return --command \"{ToolsFactAttribute.Find("age")} $*\" /dev/null\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static async Task RunAsync(TempFolder folder, TestInstallation target)
    {
        var database = new NpgsqlConnectionStringBuilder(target.Database.AdminConnectionString);
        await DocumentedScript.RunAsync("recovery-without-us.md", folder, new Dictionary<string, string?>
        {
            ["PATH"] = $"{folder.Combine("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
            ["PGHOST"] = database.Host,
            ["PGPORT"] = FormattableString.Invariant($"{database.Port}"),
            ["PGUSER"] = database.Username,
            ["PGPASSWORD"] = database.Password,
            ["PGDATABASE"] = database.Database,
            ["VAULT_ADDR"] = target.Vault.Address.ToString().TrimEnd('/'),
            ["VAULT_TOKEN"] = target.Vault.Token,
            ["OBJECTS"] = target.ObjectFolder,
        });
    }
}
