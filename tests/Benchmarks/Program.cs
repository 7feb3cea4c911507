using TfeBackup.Benchmarks.Archive;
using TfeBackup.Benchmarks.CommandLine;
using TfeBackup.Benchmarks.Service;
using TfeBackup.Benchmarks.Stores;

// Each benchmark is chosen by name: dotnet run -c Release --project tests/Benchmarks -- service 1 2 4
switch (args)
{
    case ["service", .. var sizes]:
        await ServiceBenchmark.RunAsync(sizes);
        return 0;
    case ["archive", .. var sizes]:
        await ArchiveBenchmark.RunAsync(sizes);
        return 0;
    case ["stores", .. var size]:
        await StoreBenchmark.RunAsync(size);
        return 0;
    case ["command", .. var size]:
        await CommandBenchmark.RunAsync(size);
        return 0;
    default:
        await Console.Error.WriteLineAsync("Name a benchmark: service [GB…], archive [MiB], stores [GB], command [GB]");
        return 2;
}
