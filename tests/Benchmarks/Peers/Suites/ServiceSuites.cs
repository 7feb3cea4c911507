using System.Globalization;
using TfeBackup.Benchmarks.Peers.Measuring;
using TfeBackup.TestSupport.Installations;

namespace TfeBackup.Benchmarks.Peers.Suites;

/// <summary>The service's own cost: what the first operation of a process takes more than later ones, and how much memory they need.</summary>
internal static class ServiceSuites
{
    private const int Tables = 100;
    private const int Objects = 500;
    private const int MemoryRows = 1_000_000;
    private const long LargeBytes = 800_000_000;

    /// <summary>The first operation of a process beside the third.</summary>
    public static async Task FirstOperationAsync(Bench bench)
    {
        await using var source = await BenchInstallation.CreateAsync(bench, RowData.SmallTables(Tables, filled: true));
        await ObjectData.WriteStatesAsync(source.Objects, Objects);
        await using var target = await BenchInstallation.CreateAsync(bench, RowData.SmallTables(Tables, filled: false));
        var file = Path.Combine(bench.NewFolder(), "ours");
        foreach (var (name, program) in bench.Services)
        {
            var backup = bench.NewContest("first-operation", $"backup, {name}");
            var restore = bench.NewContest("first-operation", $"restore, {name}");
            for (var round = 0; round < bench.Options.Rounds; round++)
            {
                await using (var service = await source.StartServiceAsync(program))
                {
                    await RunAsync(backup, service, () => BenchInstallation.BackUpAsync(service, file), () => Task.CompletedTask);
                }

                await using (var service = await target.StartServiceAsync(program))
                {
                    await RunAsync(restore, service, () => BenchInstallation.RestoreAsync(service, file), target.EmptyAsync);
                }
            }

            foreach (var contest in (Contest[])[backup, restore])
            {
                contest.Notes.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"the first takes {contest.Competitors[1].Median(static c => c.Seconds) - contest.Competitors[0].Median(static c => c.Seconds):F2} s more"));
                bench.Report.Add(contest);
            }
        }
    }

    /// <summary>The largest resident set after one, two and three operations.</summary>
    public static async Task MemoryAsync(Bench bench)
    {
        var rows = bench.Scaled(MemoryRows);
        await using var source = await RowData.CreateAsync(bench, rows);
        await ObjectData.WriteNoiseAsync(source.Objects, 1, (long)(LargeBytes * bench.Options.Scale));
        await ObjectData.WriteStatesAsync(source.Objects, bench.Scaled(2_000));
        await using var target = await RowData.CreateTargetAsync(bench);
        var file = Path.Combine(bench.NewMemoryFolder(), "ours");
        await using (var service = await source.StartServiceAsync(bench.Options.Service))
        {
            await RunAsync(bench, "backup", service, () => BenchInstallation.BackUpAsync(service, file), () => Task.CompletedTask);
        }

        await using (var service = await target.StartServiceAsync(bench.Options.Service))
        {
            await RunAsync(bench, "restore", service, () => BenchInstallation.RestoreAsync(service, file), target.EmptyAsync);
        }

        File.Delete(file);
    }

    private static async Task RunAsync(Contest contest, BackupService service, Func<Task> work, Func<Task> prepare)
    {
        for (var i = 0; i < 3; i++)
        {
            await prepare();
            var cost = await contest.MeasureAsync(async run =>
            {
                await work();
                run.PeakMemory = service.Process.PeakMemory;
            });

            // The later one stands first, as what the other is compared with.
            if (contest.Competitors.Count == 0)
            {
                contest.Add("third of a process", static _ => Task.CompletedTask);
            }

            if (i != 1)
            {
                contest.Record(i == 0 ? "first of a process" : "third of a process", cost);
            }
        }
    }

    private static async Task RunAsync(Bench bench, string what, BackupService service, Func<Task> work, Func<Task> prepare)
    {
        var contest = bench.NewContest("memory", what);
        contest.Notes.Add(string.Create(CultureInfo.InvariantCulture, $"before the first: {service.Process.PeakMemory / 1e6:F0} MB"));
        for (var i = 0; i < Math.Max(3, bench.Options.Rounds); i++)
        {
            await prepare();
            var cost = await contest.MeasureAsync(async run =>
            {
                await work();
                run.PeakMemory = service.Process.PeakMemory;
            });
            contest.Record(Contest.Ours, cost);
            contest.Notes.Add(string.Create(CultureInfo.InvariantCulture, $"after {i + 1}: {cost.PeakMemory / 1e6:F0} MB"));
        }

        bench.Report.Add(contest);
    }
}
