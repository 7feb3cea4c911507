using System.Diagnostics;
using TfeBackup.TestSupport.Processes;
using Xunit;

namespace TfeBackup.TestSupport.Tests;

/// <summary>What the build runs to install the npm packages.</summary>
public sealed class InstallTests
{
    [Fact]
    public async Task Without_npm_the_build_is_told_what_is_missing_and_nothing_is_left()
    {
        using var folder = new TempFolder();

        var (code, output) = await InstallAsync(folder.Combine("packages", "one"), path: folder.Root);

        Assert.Equal(1, code);
        Assert.Contains("error TFENPM: npm cannot be started", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Combine("packages")));
    }

    [Fact]
    public async Task What_is_installed_is_left_alone()
    {
        using var folder = new TempFolder();
        var target = folder.Combine("one");
        Directory.CreateDirectory(target);

        var (code, output) = await InstallAsync(target, path: folder.Root);

        Assert.Equal(0, code);
        Assert.Equal("", output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(target));
    }

    [Fact]
    public void The_lock_file_names_versions_and_hashes_and_no_address()
    {
        var text = File.ReadAllText(Path.Combine(Sources, "package-lock.json"));

        Assert.Contains("\"integrity\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"resolved\"", text, StringComparison.Ordinal);
    }

    private static string Sources => Path.GetFullPath(Path.Combine(NpmPackages.Find("azurite"), "..", "..", "..", "..", "..", "npm"));

    private static async Task<(int Code, string Output)> InstallAsync(string target, string path)
    {
        var start = new ProcessStartInfo(ProgramPath.Find("node")!) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Sources, "install.mjs"));
        start.ArgumentList.Add(target);
        start.Environment["PATH"] = path;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
