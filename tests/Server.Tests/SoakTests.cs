using System.Globalization;
using System.Net;
using TfeBackup.Server.Tests.Support;
using TfeBackup.TestSupport.Installations;
using Xunit.Abstractions;

namespace TfeBackup.Server.Tests;

/// <summary>A service that backs up and restores again and again takes no more of the machine than in the beginning.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    // Until pools are full and code is compiled, everything grows.
    private const int WarmUp = 3;
    private const long Megabyte = 1_000_000;

    [Fact]
    public async Task Memory_descriptors_and_connections_are_flat()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        await using var old = await TestInstallation.CreateFilledAsync(blob: true);
        await using var fresh = await TestInstallation.CreateAsync();
        await old.PutRowsAsync(2_000_000);
        await using var source = await BackupService.StartAsync(old, TestInstallation.DefaultWorkFactor);
        await using var target = await BackupService.StartAsync(fresh);
        var uses = new List<(Use Source, Use Target)>();
        for (var round = 0; round < Repetitions.OrUsually(WarmUp + 1); round++)
        {
            using var answer = await target.RestoreAsync(await source.BackupAsync(), overwrite: true);
            await BackupService.RequireAsync(answer, HttpStatusCode.OK);
            uses.Add((await MeasureAsync(old, source), await MeasureAsync(fresh, target)));
            output.WriteLine($"Round {round + 1}: backing up {uses[^1].Source}; restoring {uses[^1].Target}");
        }

        Assert.Equal(await old.PlainContentAsync(), await fresh.PlainContentAsync());
        RequireFlat([.. uses.Select(static use => use.Source)]);
        RequireFlat([.. uses.Select(static use => use.Target)]);
    }

    private static void RequireFlat(IReadOnlyList<Use> uses)
    {
        var (early, late) = (uses.Skip(1).Take(WarmUp).ToList(), uses[^1]);
        Assert.InRange(late.Memory, 0, early.Max(static use => use.Memory) + (100 * Megabyte));
        Assert.InRange(late.Descriptors, 0, early.Max(static use => use.Descriptors) + 10);
        Assert.InRange(late.Threads, 0, early.Max(static use => use.Threads) + 10);
        Assert.InRange(late.Connections, 0, early.Max(static use => use.Connections) + 2);
    }

    private static async Task<Use> MeasureAsync(TestInstallation installation, BackupService service)
    {
        var process = $"/proc/{service.Process.ProcessId}";
        var status = await File.ReadAllLinesAsync($"{process}/status");
        return new Use(
            Read("VmRSS:") * 1024,
            Directory.GetFileSystemEntries($"{process}/fd").Length,
            (int)Read("Threads:"),
            await installation.Database.QueryAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"));

        long Read(string name) => long.Parse(
            status.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    private sealed record Use(long Memory, int Descriptors, int Threads, long Connections)
    {
        public override string ToString() => $"{Memory / Megabyte} MB, {Descriptors} descriptors, {Threads} threads, {Connections} connections";
    }
}
