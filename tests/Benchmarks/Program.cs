using TfeBackup.Benchmarks.Archive;
using TfeBackup.Benchmarks.Peers;
using TfeBackup.Benchmarks.Stores;

// Each benchmark is chosen by name: dotnet run -c Release --project tests/Benchmarks -- peers rows --scale 0.1
switch (args)
{
    case ["peers", .. var rest]:
        return await PeerBenchmark.RunAsync(rest);
    case ["archive", .. var sizes]:
        await ArchiveBenchmark.RunAsync(sizes);
        return 0;
    case ["zstd", .. var size]:
        ZstdBenchmark.Run(size);
        return 0;
    case ["stores", .. var size]:
        await StoreBenchmark.RunAsync(size);
        return 0;
    default:
        await Console.Error.WriteLineAsync("Name a benchmark: peers [suite…], archive [MiB], zstd [MiB], stores [GB]");
        return 2;
}
