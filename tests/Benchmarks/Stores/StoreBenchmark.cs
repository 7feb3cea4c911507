using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs.Models;
using TfeBackup.Azure;
using TfeBackup.Operations.Model;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.BackupStores;

namespace TfeBackup.Benchmarks.Stores;

/// <summary>
/// The same bytes into Azurite by the store and by the SDK's own parallel upload, and back;
/// in turns, in one run, as ratios. And what a listing of thousands of backups takes.
/// </summary>
internal static class StoreBenchmark
{
    private const int Rounds = 3;
    private const int Listed = 2_000;

    /// <summary>Runs it for a size in gigabytes (10⁹ bytes); 2 where none is given.</summary>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var size = (long)(1e9 * (arguments.Count == 0 ? 2 : double.Parse(arguments[0], CultureInfo.InvariantCulture)));
        await using var server = await AzuriteServer.StartAsync();
        var container = await server.CreateContainerAsync();
        var store = new BlobBackupStore(BlobContainers.FromConnectionString(server.ConnectionString, container.Name));
        Console.WriteLine("in turns, seconds        " + string.Concat(Enumerable.Range(1, Rounds).Select(i => $"{i,8}")) + "   ratio of medians");

        var before = PeakMemory();
        var own = new List<double>();
        var sdk = new List<double>();
        var ownRead = new List<double>();
        var sdkRead = new List<double>();
        long peak = 0;
        for (var i = 0; i < Rounds; i++)
        {
            var key = BackupRecords.Key("production", i);
            own.Add(await TimeAsync(() => WriteAsync(store, key, size)));
            ownRead.Add(await TimeAsync(async () =>
            {
                await using var stream = await store.OpenDataAsync(key, 0, null, default);
                await stream.CopyToAsync(Stream.Null, 1 << 20);
            }));
            if (i == 0)
            {
                peak = PeakMemory();
            }

            var blob = container.GetBlobClient($"sdk-{i}");
            sdk.Add(await TimeAsync(() => blob.UploadAsync(new NoiseStream(size), new BlobUploadOptions
            {
                TransferOptions = new() { MaximumConcurrency = 8, InitialTransferSize = 8 << 20, MaximumTransferSize = 8 << 20 },
            })));
            sdkRead.Add(await TimeAsync(async () =>
            {
                await using var stream = await blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false) { BufferSize = 4 << 20 });
                await stream.CopyToAsync(Stream.Null, 1 << 20);
            }));
            await container.DeleteBlobAsync(blob.Name);
            await store.DeleteAsync(key, default);
        }

        Report("upload: store", own, sdk);
        Report("upload: SDK", sdk, sdk);
        Report("read: store", ownRead, sdkRead);
        Report("read: SDK OpenRead", sdkRead, sdkRead);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak memory of this process: {before / 1e6:F0} MB before, {peak / 1e6:F0} MB after the store's first upload and read"));
        await ListAsync(server);
    }

    private static async Task ListAsync(AzuriteServer server)
    {
        var container = await server.CreateContainerAsync();
        var record = new BackupContent(1, new string('0', 64));
        await Parallel.ForAsync(0, Listed, async (i, token) =>
        {
            var key = BackupRecords.Key("production", i);
            await container.GetBlobClient(BackupLayout.DataPath(key)).UploadAsync(BinaryData.FromBytes(new byte[1]), token);
            await container.GetBlobClient(BackupLayout.RecordPath(key))
                .UploadAsync(BinaryData.FromBytes(BackupJson.Write(BackupRecords.Record(key, record))), token);
        });
        var store = new BlobBackupStore(BlobContainers.FromConnectionString(server.ConnectionString, container.Name));
        var count = 0;
        var seconds = await TimeAsync(async () =>
        {
            await foreach (var listed in store.ListAsync(null, default))
            {
                count += listed.Size > 0 ? 1 : 0;
            }
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"list: {count} backups in {seconds:F1} s"));
    }

    private static async Task WriteAsync(BlobBackupStore store, BackupKey key, long size)
    {
        await using var upload = await store.BeginUploadAsync(key, default);
        await upload.WriteAsync(new NoiseStream(size), null, default);
        await upload.CommitAsync(default);
    }

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        var watch = Stopwatch.StartNew();
        await action();
        return watch.Elapsed.TotalSeconds;
    }

    private static void Report(string what, List<double> seconds, List<double> reference) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what,-25}{string.Concat(seconds.Select(s => s.ToString("F1", CultureInfo.InvariantCulture).PadLeft(8)))}   {Median(seconds) / Median(reference):F2}"));

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
