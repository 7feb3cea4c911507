using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Server.Tests.Documentation;

/// <summary>Runs every command of <c>docs/recovery-without-us.md</c>, in order, on a real backup: with stock tools alone.</summary>
public sealed partial class RecoveryTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

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
        var page = Repository.Page("recovery-without-us.md");
        var script = folder.Combine("recovery.sh");
        await File.WriteAllTextAsync(script, "set -euo pipefail\n" + string.Join('\n', Commands().Matches(page).Select(match => match.Groups[1].Value)));
        var database = new NpgsqlConnectionStringBuilder(target.Database.AdminConnectionString);
        var start = new ProcessStartInfo("bash", [script]) { WorkingDirectory = folder.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in new Dictionary<string, string?>
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
        })
        {
            start.Environment[name] = value;
        }

        using var bash = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Deadline);
        var output = bash.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = bash.StandardError.ReadToEndAsync(deadline.Token);
        await bash.WaitForExitAsync(deadline.Token);
        Assert.True(bash.ExitCode == 0, await output + await errors);
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Commands();
}
