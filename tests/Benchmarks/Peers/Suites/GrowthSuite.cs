using System.Globalization;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Benchmarks.Peers.Suites;

/// <summary>How time, processor time and memory grow with the data.</summary>
internal static class GrowthSuite
{
    private static readonly int[] Rows = [RowData.Rows / 16, RowData.Rows / 4, RowData.Rows];
    private static readonly int[] Objects = [10_000, 100_000];

    public static async Task RunAsync(Bench bench)
    {
        foreach (var count in Rows)
        {
            var rows = bench.Scaled(count);
            var source = await bench.OnceAsync($"rows {rows}", () => RowData.CreateAsync(bench, rows));
            await using var target = await RowData.CreateTargetAsync(bench);
            await RunAsync(bench, string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows"), source, target);
        }

        foreach (var count in Objects)
        {
            await using var source = await BenchInstallation.CreateAsync(bench, RowData.Schema);
            await ObjectData.WriteStatesAsync(source.Objects, bench.Scaled(count));
            await using var target = await BenchInstallation.CreateAsync(bench, RowData.Schema);
            await RunAsync(bench, string.Create(CultureInfo.InvariantCulture, $"{bench.Scaled(count):N0} objects"), source, target);
        }
    }

    /// <summary>Each size in processes of its own, so that their memory is its own; the first operation, which costs more, is not counted.</summary>
    private static async Task RunAsync(Bench bench, string what, BenchInstallation source, BenchInstallation target)
    {
        var folder = bench.NewMemoryFolder();
        var file = Path.Combine(folder, "ours");
        await using (var service = await source.StartServiceAsync(bench.Options.Service))
        {
            var contest = bench.NewContest("growth", $"backup, {what}");
            for (var i = 0; i <= Runs(bench); i++)
            {
                await RunAsync(contest, service, i, () => BenchInstallation.BackUpAsync(service, file));
            }

            contest.Notes.Add(string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(file).Length / 1e6:F1} MB"));
            bench.Report.Add(contest);
        }

        await using (var service = await target.StartServiceAsync(bench.Options.Service))
        {
            var contest = bench.NewContest("growth", $"restore, {what}");
            for (var i = 0; i <= Runs(bench); i++)
            {
                await target.EmptyAsync();
                await RunAsync(contest, service, i, () => BenchInstallation.RestoreAsync(service, file));
            }

            bench.Report.Add(contest);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static int Runs(Bench bench) => Math.Max(1, bench.Options.Rounds - 1);

    private static async Task RunAsync(Measuring.Contest contest, BackupService service, int run, Func<Task> work)
    {
        var cost = await contest.MeasureAsync(async measured =>
        {
            await work();
            measured.PeakMemory = service.Process.PeakMemory;
        });
        if (run > 0)
        {
            contest.Record(Measuring.Contest.Ours, cost);
        }
    }
}
