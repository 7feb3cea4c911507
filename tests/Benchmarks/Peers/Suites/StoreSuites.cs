using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using TfeBackup.Benchmarks.Peers.Measuring;
using TfeBackup.Benchmarks.Stores;
using TfeBackup.Local.Stores;
using TfeBackup.TestSupport.BackupStores;

namespace TfeBackup.Benchmarks.Peers.Suites;

/// <summary>A backup by <c>tfe-backup</c> from HTTP into Blob Storage and its proof, beside the SDK; and the directory store beside a copy.</summary>
internal static class StoreSuites
{
    private const long Bytes = 1_000_000_000;

    /// <summary>The transfer into Blob Storage.</summary>
    public static async Task TransferAsync(Bench bench) => bench.Report.Add((await bench.OnceAsync("transfers", () => RunAsync(bench))).Transfer);

    /// <summary>The proof of what was stored.</summary>
    public static async Task VerifyAsync(Bench bench) => bench.Report.Add((await bench.OnceAsync("transfers", () => RunAsync(bench))).Verification);

    /// <summary>Writing into a directory, by the store's own code in this process.</summary>
    public static async Task DirectoryAsync(Bench bench)
    {
        var size = (long)(Bytes * bench.Options.Scale);
        var folder = bench.NewFolder();
        var store = new DirectoryBackupStore(folder);
        var contest = bench.NewContest("directory", "write");
        var number = 0;
        contest.Add(Contest.Ours, async _ =>
        {
            await using var upload = await store.BeginUploadAsync(BackupRecords.Key("bench", number), default);
            await upload.WriteAsync(new NoiseStream(size), null, default);
            await upload.CommitAsync(default);
        });
        contest.Add(
            "copy, fsync",
            async _ =>
            {
                await using var file = new FileStream(Path.Combine(folder, "copy"), FileMode.Create, FileAccess.Write, FileShare.None, 0, useAsync: true);
                await new NoiseStream(size).CopyToAsync(file, 1 << 20);
                file.Flush(flushToDisk: true);
            });
        for (; number < bench.Options.Rounds; number++)
        {
            await contest.RunAsync(1);
            await store.DeleteAsync(BackupRecords.Key("bench", number), default);
            File.Delete(Path.Combine(folder, "copy"));
        }

        bench.Report.Add(contest);
    }

    private static async Task<(Contest Transfer, Contest Verification)> RunAsync(Bench bench)
    {
        var azurite = await bench.AzuriteAsync();
        var container = await azurite.CreateContainerAsync();
        await using var program = await TransferProgram.StartAsync(bench, (long)(Bytes * bench.Options.Scale), azurite.ConnectionString, container.Name);
        var transfer = bench.NewContest("transfer", "HTTP into Blob Storage");
        var verification = bench.NewContest("verify", "stored backup");
        var steps = new Dictionary<string, double>();
        transfer.Add(Contest.Ours, async run =>
        {
            (var id, run.PeakMemory) = await program.BackUpAsync();
            steps = await program.ReadStepsAsync(id);
            run.Seconds = steps["stream"];
        });
        transfer.Add("the SDK's parallel upload", _ => UploadAsync(program, container));
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            await transfer.RunAsync(1);
            verification.Record(Contest.Ours, new Cost(steps["verify"], 0, 0, 0, 0));
            verification.Record("reading the blob", await verification.MeasureAsync(async _ =>
            {
                using var response = (await container.GetBlobClient("sdk").DownloadStreamingAsync()).Value;
                await response.Content.CopyToAsync(Stream.Null, 1 << 20);
            }));
            foreach (var blob in container.GetBlobs())
            {
                await container.DeleteBlobAsync(blob.Name);
            }
        }

        transfer.Notes.Add("seconds of the step alone; processor time of the whole process, with the proof");
        return (transfer, verification);
    }

    private static async Task UploadAsync(TransferProgram program, BlobContainerClient container)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{program.Endpoint}/_backup/api/v1/backup"));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await container.GetBlobClient("sdk").UploadAsync(stream, new BlobUploadOptions
        {
            TransferOptions = new() { MaximumConcurrency = 8, InitialTransferSize = 8 << 20, MaximumTransferSize = 8 << 20 },
        });
    }
}
