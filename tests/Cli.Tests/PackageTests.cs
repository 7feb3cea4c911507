using System.Diagnostics;
using TfeBackup.TestSupport;
using Xunit;

namespace TfeBackup.Cli.Tests;

/// <summary>The program as packages have it.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_takes_and_restores_backups()
    {
        // Not compiled for the platform, which is dear and changes nothing but speed.
        await RunAsync(
            RepositoryFolder.Root, "dotnet", "publish", "src/Cli", "--configuration", "Release", "--artifacts-path", _folder.Combine("artifacts"), "--output", _folder.Combine("program"),
            "-p:PackageRuntime=linux-x64", "-p:PublishReadyToRun=false", "-nodeReuse:false", "-p:UseSharedCompilation=false");
        await using var site = await Site.CreateAsync();

        Assert.Equal(
            ["DurableTask.Core.dll", "libe_sqlite3.so", "libsodium.so", "libzstd.so", "tfe-backup", "tfe-backup.schema.json"],
            Directory.GetFiles(_folder.Combine("program")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var command in (string[][])[["doctor"], ["backup", "old"], ["verify", "old/latest"], ["list"], ["restore", "old/latest", "--to", "new", "--overwrite", "--no-safety-backup", "new", "--yes"]])
        {
            await RunAsync(site.Folder.Root, _folder.Combine("program", "tfe-backup"), command);
        }
    }

    private static async Task RunAsync(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // The test host's own settings would bend a build that it starts.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Deadline);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await output}{await errors}");
    }
}
