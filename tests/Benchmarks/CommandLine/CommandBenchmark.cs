using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TfeBackup.Archive;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.Benchmarks.CommandLine;

/// <summary>
/// A backup by <c>tfe-backup</c> as a process of its own, from an installation that sends a ready-made archive over HTTP, into Azurite: its peak
/// memory, and its transfer beside the SDK's own parallel upload of the same answer; in turns, in one run, as a ratio.
/// </summary>
internal static class CommandBenchmark
{
    private const int Rounds = 3;
    private const int ObjectBytes = 64 << 20;
    private const string Password = "befit-brakeman-footstep-unclasp";

    private static readonly string ProgramPath = Path.GetFullPath(
        typeof(CommandBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "CommandLine").Value!);

    /// <summary>Runs it for a size in gigabytes (10⁹ bytes); 2 where none is given.</summary>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var size = (long)(1e9 * (arguments.Count == 0 ? 2 : double.Parse(arguments[0], CultureInfo.InvariantCulture)));
        using var folder = new TempFolder();
        var archive = folder.Combine("archive.blob");
        await WriteArchiveAsync(archive, size);
        await using var azurite = await AzuriteServer.StartAsync();
        var container = await azurite.CreateContainerAsync();
        await using var installation = await StartInstallationAsync(archive);
        var endpoint = installation.Urls.First();
        await ConfigureAsync(folder, endpoint, container.Name);
        var environment = new Dictionary<string, string?>
        {
            ["TFEBACKUP__Store__ConnectionString"] = azurite.ConnectionString,
            ["TFEBACKUP_SECRET_TOKEN"] = "token",
            ["TFEBACKUP_SECRET_PASSWORD"] = Password,
        };

        Console.WriteLine("in turns, seconds        " + string.Concat(Enumerable.Range(1, Rounds).Select(i => $"{i,8}")));
        List<double> own = [], sdk = [], verify = [], peaks = [];
        for (var i = 0; i < Rounds; i++)
        {
            var (id, peak) = await BackUpAsync(folder, environment);
            var steps = await ReadStepsAsync(folder, environment, id);
            own.Add(steps["stream"]);
            verify.Add(steps["verify"]);
            peaks.Add(peak / 1e6);
            sdk.Add(await UploadAsync(endpoint, container));
            foreach (var blob in container.GetBlobs())
            {
                await container.DeleteBlobAsync(blob.Name);
            }
        }

        Report("transfer: tfe-backup", own);
        Report("transfer: SDK", sdk);
        Report("verify: tfe-backup", verify);
        Report("peak memory, MB", peaks);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"transfer, ratio of medians: {Median(own) / Median(sdk):F2}"));
    }

    private static async Task WriteArchiveAsync(string path, long size)
    {
        await using var file = File.Create(path);
        var info = new BackupInfo
        {
            Id = "benchmark",
            Created = DateTimeOffset.UnixEpoch,
            Installation = "old",
            ProductVersion = "1",
            PostgresVersion = "18",
            ObjectsIncluded = true,
        };
        await using var writer = await ArchiveWriter.CreateAsync(file, Password, info, null, CancellationToken.None);
        await writer.WriteSchemaAsync("{}"u8.ToArray(), CancellationToken.None);
        await writer.WriteSequencesAsync("{}"u8.ToArray(), CancellationToken.None);
        for (var number = 0; size > 0; number++)
        {
            var length = Math.Min(size, ObjectBytes);
            await writer.WriteObjectAsync(
                new ArchiveObject(string.Create(CultureInfo.InvariantCulture, $"noise/{number:D6}"), length), new RandomStream(length, number), CancellationToken.None);
            size -= length;
        }

        _ = await writer.CompleteAsync(CancellationToken.None);
    }

    private static async Task<WebApplication> StartInstallationAsync(string archive)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        var application = builder.Build();
        application.MapGet("/api/v1/health/readiness", () => Results.Json(new { status = "OK" }));
        application.MapPost("/_backup/api/v1/backup", async (HttpContext context) =>
        {
            context.Response.ContentType = "application/octet-stream";
            await using var file = File.OpenRead(archive);
            await file.CopyToAsync(context.Response.Body, 1 << 18, context.RequestAborted);
        });
        await application.StartAsync();
        return application;
    }

    private static Task ConfigureAsync(TempFolder folder, string endpoint, string container) => File.WriteAllTextAsync(
        folder.Combine("tfe-backup.json"),
        new JsonObject
        {
            ["Installations"] = new JsonObject
            {
                ["old"] = new JsonObject { ["Endpoint"] = endpoint, ["TokenSecret"] = "TOKEN", ["PasswordSecret"] = "PASSWORD" },
            },
            ["Store"] = new JsonObject { ["Kind"] = "AzureBlob", ["Container"] = container },
        }.ToJsonString());

    private static async Task<(string Id, long Peak)> BackUpAsync(TempFolder folder, IReadOnlyDictionary<string, string?> environment)
    {
        var log = folder.Combine($"{Guid.NewGuid():N}.log");
        var process = await ProcessSupervisor.Shared.StartAsync(
            new ProcessStart("dotnet", [ProgramPath, "backup", "old", "--json"], log) { WorkingDirectory = folder.Root, Environment = environment });
        long peak = 0;
        while (process.IsRunning)
        {
            peak = Math.Max(peak, PeakOf(process));
            await Task.WhenAny(process.Exited, Task.Delay(20));
        }

        var said = process.ReadLog();
        if (await process.Exited != 0)
        {
            throw new InvalidOperationException(said);
        }

        var result = said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).Single(line => line["output"] is not null);
        return ((string)result["id"]!, peak);
    }

    private static async Task<Dictionary<string, double>> ReadStepsAsync(TempFolder folder, IReadOnlyDictionary<string, string?> environment, string id)
    {
        var process = await ProcessSupervisor.Shared.StartAsync(
            new ProcessStart("dotnet", [ProgramPath, "operations", id, "--json"], folder.Combine($"{Guid.NewGuid():N}.log"))
            {
                WorkingDirectory = folder.Root,
                Environment = environment,
            });
        _ = await process.Exited;
        return JsonNode.Parse(process.ReadLog())!["status"]!["steps"]!.AsArray().ToDictionary(
            step => (string)step!["name"]!,
            step => ((DateTimeOffset)step!["finished"]! - (DateTimeOffset)step["started"]!).TotalSeconds);
    }

    private static async Task<double> UploadAsync(string endpoint, BlobContainerClient container)
    {
        using var http = new HttpClient();
        var watch = Stopwatch.StartNew();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{endpoint}/_backup/api/v1/backup"));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await container.GetBlobClient("sdk").UploadAsync(stream, new BlobUploadOptions
        {
            TransferOptions = new() { MaximumConcurrency = 8, InitialTransferSize = 8 << 20, MaximumTransferSize = 8 << 20 },
        });
        return watch.Elapsed.TotalSeconds;
    }

    // A process that has just ended has none any more.
    private static long PeakOf(SupervisedProcess process)
    {
        try
        {
            return process.PeakMemory;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return 0;
        }
    }

    private static void Report(string what, List<double> values) => Console.WriteLine(
        $"{what,-25}{string.Concat(values.Select(value => value.ToString("F1", CultureInfo.InvariantCulture).PadLeft(8)))}");

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
