using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Benchmarks.Peers.Suites;

/// <summary>Objects in a folder in memory, beside tar.</summary>
internal static class ObjectSuites
{
    private const int States = 50_000;
    private const int Large = 4;
    private const long LargeBytes = 512 << 20;

    /// <summary>Many small objects.</summary>
    public static async Task StatesAsync(Bench bench)
    {
        await using var source = await BenchInstallation.CreateAsync(bench, RowData.Schema);
        await ObjectData.WriteStatesAsync(source.Objects, bench.Scaled(States));
        await RunAsync(bench, "states", source, "zstd -q -1 -T0", "zstd -q -d", "zstd");
    }

    /// <summary>Few large objects that do not compress.</summary>
    public static async Task LargeAsync(Bench bench)
    {
        await using var source = await BenchInstallation.CreateAsync(bench, RowData.Schema);
        await ObjectData.WriteNoiseAsync(source.Objects, Large, (long)(LargeBytes * bench.Options.Scale));
        await RunAsync(bench, "large", source, null, null);
    }

    private static async Task RunAsync(Bench bench, string suite, BenchInstallation source, string? compress, string? decompress, params string[] programs)
    {
        var folder = bench.NewMemoryFolder();
        var services = new List<BackupService>();
        var backup = bench.NewContest(suite, "backup");
        foreach (var (name, program) in bench.Services)
        {
            var service = await source.StartServiceAsync(program);
            services.Add(service);
            backup.Add(name, async run =>
            {
                await BenchInstallation.BackUpAsync(service, Path.Combine(folder, "ours"));
                run.PeakMemory = service.Process.PeakMemory;
            });
        }

        var withTar = bench.Has(suite, ["tar", "age", .. programs]);
        if (withTar)
        {
            backup.Add(
                compress is null ? "tar | age" : "tar | zstd -1 -T0 | age",
                _ => PeerTools.RunAsync($"tar -C {source.Objects} -c . | {(compress is null ? "" : $"{compress} | ")}{bench.Encrypt} > {folder}/theirs"));
        }

        await backup.RunAsync(bench.Options.Rounds);
        bench.Report.Add(backup);
        foreach (var service in services)
        {
            await service.DisposeAsync();
        }

        await using var target = await BenchInstallation.CreateAsync(bench, RowData.Schema);
        services.Clear();
        var restore = bench.NewContest(suite, "restore");
        foreach (var (name, program) in bench.Services)
        {
            var service = await target.StartServiceAsync(program);
            services.Add(service);
            restore.Add(
                name,
                async run =>
                {
                    await BenchInstallation.RestoreAsync(service, Path.Combine(folder, "ours"));
                    run.PeakMemory = service.Process.PeakMemory;
                },
                target.EmptyAsync);
        }

        if (withTar)
        {
            var extracted = Path.Combine(folder, "extracted");
            restore.Add(
                decompress is null ? "age -d | tar -x, sync -f" : "age -d | zstd -d | tar -x, sync -f",
                _ => PeerTools.RunAsync($"{bench.Decrypt} {folder}/theirs | {(decompress is null ? "" : $"{decompress} | ")}tar -C {extracted} -x; sync -f {extracted}"),
                async () =>
                {
                    await target.EmptyAsync();
                    if (Directory.Exists(extracted))
                    {
                        Directory.Delete(extracted, recursive: true);
                    }

                    Directory.CreateDirectory(extracted);
                });
        }

        await restore.RunAsync(bench.Options.Rounds);
        bench.Report.Add(restore);
        foreach (var service in services)
        {
            await service.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }
}
