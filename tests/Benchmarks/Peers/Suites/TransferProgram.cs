using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TfeBackup.Archive;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Installations;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.Benchmarks.Peers.Suites;

/// <summary><c>tfe-backup</c> as a process of its own, and an installation that sends it a ready-made archive that does not compress.</summary>
internal sealed class TransferProgram : IAsyncDisposable
{
    private const int ObjectBytes = 64 << 20;

    private readonly TempFolder _folder = new();
    private readonly string _program;
    private readonly WebApplication _installation;
    private readonly Dictionary<string, string?> _environment;

    private TransferProgram(Bench bench, string connectionString)
    {
        _program = bench.Options.CommandLine;
        _environment = new Dictionary<string, string?>
        {
            ["TFEBACKUP__Store__ConnectionString"] = connectionString,
            ["TFEBACKUP_SECRET_TOKEN"] = "token",
            ["TFEBACKUP_SECRET_PASSWORD"] = BackupService.Password,
        };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        _installation = builder.Build();
        _installation.MapGet("/api/v1/health/readiness", () => Results.Json(new { status = "OK" }));
        _installation.MapPost("/_backup/api/v1/backup", async (HttpContext context) =>
        {
            context.Response.ContentType = "application/octet-stream";
            await using var file = File.OpenRead(_folder.Combine("archive.blob"));
            await file.CopyToAsync(context.Response.Body, 1 << 18, context.RequestAborted);
        });
    }

    /// <summary>The installation's address.</summary>
    public string Endpoint => _installation.Urls.First();

    public static async Task<TransferProgram> StartAsync(Bench bench, long bytes, string connectionString, string container)
    {
        var program = new TransferProgram(bench, connectionString);
        await program._installation.StartAsync();
        await WriteArchiveAsync(program._folder.Combine("archive.blob"), bytes);
        await File.WriteAllTextAsync(
            program._folder.Combine("tfe-backup.json"),
            new JsonObject
            {
                ["Installations"] = new JsonObject
                {
                    ["old"] = new JsonObject { [nameof(Endpoint)] = program.Endpoint, ["TokenSecret"] = "TOKEN", ["PasswordSecret"] = "PASSWORD" },
                },
                ["Store"] = new JsonObject { ["Kind"] = "AzureBlob", ["Container"] = container },
            }.ToJsonString());
        return program;
    }

    /// <summary>Takes a backup.</summary>
    /// <returns>The operation, and the largest resident set.</returns>
    public async Task<(string Id, long Peak)> BackUpAsync()
    {
        var process = await StartAsync("backup", "old", "--json");
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

    /// <summary>How long each step of an operation took.</summary>
    public async Task<Dictionary<string, double>> ReadStepsAsync(string id)
    {
        var process = await StartAsync("operations", id, "--json");
        _ = await process.Exited;
        return JsonNode.Parse(process.ReadLog())!["status"]!["steps"]!.AsArray().ToDictionary(
            step => (string)step!["name"]!,
            step => ((DateTimeOffset)step!["finished"]! - (DateTimeOffset)step["started"]!).TotalSeconds);
    }

    public async ValueTask DisposeAsync()
    {
        await _installation.DisposeAsync();
        _folder.Dispose();
    }

    private bool IsAssembly => Path.GetExtension(_program) == ".dll";

    private Task<SupervisedProcess> StartAsync(params string[] arguments) => ProcessSupervisor.Shared.StartAsync(
        new ProcessStart(
            IsAssembly ? "dotnet" : _program, IsAssembly ? [_program, .. arguments] : arguments, _folder.Combine($"{Guid.NewGuid():N}.log"))
        { WorkingDirectory = _folder.Root, Environment = _environment });

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
        await using var writer = await ArchiveWriter.CreateAsync(file, BackupService.Password, info, null, CancellationToken.None);
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
}
