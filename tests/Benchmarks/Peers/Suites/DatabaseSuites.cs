using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Postgres;

namespace TfeBackup.Benchmarks.Peers.Suites;

/// <summary>Databases alone, beside PostgreSQL's own programs.</summary>
internal static class DatabaseSuites
{
    private const int Tables = 2_000;

    /// <summary>Backup of many rows.</summary>
    public static async Task BackUpRowsAsync(Bench bench) => await BackUpAsync(bench, "rows", await RowsAsync(bench), withPipeline: true);

    /// <summary>Restore of many rows, with index and constraints.</summary>
    public static async Task RestoreRowsAsync(Bench bench)
    {
        await using var target = await RowData.CreateTargetAsync(bench);
        await RestoreAsync(bench, "rows-restore", await RowsAsync(bench), target, withPipeline: true);
    }

    /// <summary>Backup and restore of thousands of tables.</summary>
    public static async Task SmallTablesAsync(Bench bench)
    {
        var tables = bench.Scaled(Tables);
        await using var source = await BenchInstallation.CreateAsync(bench, RowData.SmallTables(tables, filled: true));
        await BackUpAsync(bench, "small-tables", source, withPipeline: false);
        await using var target = await BenchInstallation.CreateAsync(bench, RowData.SmallTables(tables, filled: false));
        await RestoreAsync(bench, "small-tables", source, target, withPipeline: false);
    }

    private static Task<BenchInstallation> RowsAsync(Bench bench)
    {
        var rows = bench.Scaled(RowData.Rows);
        return bench.OnceAsync($"rows {rows}", () => RowData.CreateAsync(bench, rows));
    }

    private static async Task BackUpAsync(Bench bench, string suite, BenchInstallation source, bool withPipeline)
    {
        var folder = bench.NewFolder();
        var contest = bench.NewContest(suite, "backup");
        var services = new List<BackupService>();
        foreach (var (name, program) in bench.Services)
        {
            var service = await source.StartServiceAsync(program);
            services.Add(service);
            contest.Add(name, async run =>
            {
                await BenchInstallation.BackUpAsync(service, Path.Combine(folder, "ours"));
                run.PeakMemory = service.Process.PeakMemory;
            });
        }

        if (withPipeline && bench.Has(suite, "pg_dump", "zstd", "age"))
        {
            contest.Add("pg_dump | zstd -1 | age", _ => PeerTools.RunAsync($"pg_dump | zstd -q -1 | {bench.Encrypt} > {folder}/pipeline", source.Database));
        }

        if (bench.Has(suite, "pg_dump"))
        {
            contest.Add("pg_dump -Fc", _ => PeerTools.RunAsync($"pg_dump -Fc > {folder}/dump", source.Database));
        }

        await contest.RunAsync(bench.Options.Rounds);
        contest.Notes.AddRange(new DirectoryInfo(folder).EnumerateFiles().Select(static file => $"{file.Name}: {file.Length / 1e6:F1} MB"));
        bench.Report.Add(contest);
        foreach (var service in services)
        {
            await service.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task RestoreAsync(Bench bench, string suite, BenchInstallation source, BenchInstallation target, bool withPipeline)
    {
        var folder = bench.NewFolder();
        await using (var service = await source.StartServiceAsync(bench.Options.Service))
        {
            await BenchInstallation.BackUpAsync(service, Path.Combine(folder, "ours"));
        }

        var contest = bench.NewContest(suite, "restore");
        var services = new List<BackupService>();
        foreach (var (name, program) in bench.Services)
        {
            var service = await target.StartServiceAsync(program);
            services.Add(service);
            contest.Add(
                name,
                async run =>
                {
                    await BenchInstallation.RestoreAsync(service, Path.Combine(folder, "ours"));
                    run.PeakMemory = service.Process.PeakMemory;
                },
                target.EmptyAsync);
        }

        PostgresDatabase? theirs = null;
        async Task RenewAsync()
        {
            await (theirs?.DisposeAsync() ?? ValueTask.CompletedTask);
            theirs = await bench.Postgres.CreateDatabaseAsync("peer");
            await bench.Postgres.CheckpointAsync();
        }

        if (withPipeline && bench.Has(suite, "pg_dump", "psql", "zstd", "age"))
        {
            await PeerTools.RunAsync($"pg_dump --no-owner | zstd -q -1 | {bench.Encrypt} > {folder}/pipeline", source.Database);
            contest.Add(
                "age -d | zstd -d | psql -1",
                _ => PeerTools.RunAsync($"{bench.Decrypt} {folder}/pipeline | zstd -q -d | psql -q -1 -v ON_ERROR_STOP=1 > /dev/null", theirs),
                RenewAsync);
        }

        if (bench.Has(suite, "pg_dump", "pg_restore"))
        {
            await PeerTools.RunAsync($"pg_dump -Fc > {folder}/dump", source.Database);
            contest.Add("pg_restore -j2", _ => PeerTools.RunAsync($"pg_restore --no-owner -j2 -d $PGDATABASE {folder}/dump", theirs), RenewAsync);
        }

        await contest.RunAsync(bench.Options.Rounds);
        bench.Report.Add(contest);
        foreach (var service in services)
        {
            await service.DisposeAsync();
        }

        await (theirs?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(folder, recursive: true);
    }
}
