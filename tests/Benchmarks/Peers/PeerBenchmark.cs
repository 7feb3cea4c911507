using System.Diagnostics;
using System.Globalization;
using TfeBackup.Benchmarks.Peers.Suites;

namespace TfeBackup.Benchmarks.Peers;

/// <summary>
/// This project's programs beside others that do the same work, in turns, on data and servers of its own: medians, ratios (the
/// other's time to ours), processor seconds and peak memory.
/// </summary>
internal static class PeerBenchmark
{
    private static readonly (string Name, Func<Bench, Task> Run)[] Suites =
    [
        ("rows", DatabaseSuites.BackUpRowsAsync),
        ("rows-restore", DatabaseSuites.RestoreRowsAsync),
        ("small-tables", DatabaseSuites.SmallTablesAsync),
        ("states", ObjectSuites.StatesAsync),
        ("large", ObjectSuites.LargeAsync),
        ("transfer", StoreSuites.TransferAsync),
        ("verify", StoreSuites.VerifyAsync),
        ("directory", StoreSuites.DirectoryAsync),
        ("first-operation", ServiceSuites.FirstOperationAsync),
        ("vault-values", VaultSuites.ValuesAsync),
        ("rest-keys", VaultSuites.RestKeysAsync),
        ("memory", ServiceSuites.MemoryAsync),
        ("growth", GrowthSuite.RunAsync),
    ];

    /// <summary>Runs the named suites, or all.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        PeerOptions options;
        try
        {
            options = PeerOptions.Parse(arguments);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        var unknown = options.Suites.Except(Suites.Select(static suite => suite.Name)).ToArray();
        if (unknown.Length > 0)
        {
            await Console.Error.WriteLineAsync($"Unknown: {string.Join(", ", unknown)}; expected {string.Join(", ", Suites.Select(static suite => suite.Name))}.");
            return 2;
        }

        await using var bench = await Bench.StartAsync(options);
        foreach (var (name, run) in Suites.Where(suite => options.Suites.Count == 0 || options.Suites.Contains(suite.Name)))
        {
            var watch = Stopwatch.StartNew();
            await run(bench);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  ({name} took {watch.Elapsed.TotalSeconds:F0} s with its data)"));
        }

        bench.Report.PrintTable();
        if (options.JsonFile is { } file)
        {
            await bench.Report.WriteAsync(file);
        }

        return 0;
    }
}
