using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Azurite;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.Functions.Tests.Processes;

/// <summary>A host process with its task hub in Azure Storage dies at its activities, and the next one goes on.</summary>
public sealed class HostProcessTests : IAsyncDisposable
{
    private static readonly string[] Deadly = ["StreamBackup", "Publish", "ApplyBackup"];

    private readonly TempFolder _folder = new();
    private readonly int _port = FreePort.Next();
    private readonly HttpClient _http;
    private readonly string _deaths;
    private SupervisedProcess? _process;
    private int _started;

    public HostProcessTests()
    {
        _deaths = Directory.CreateDirectory(_folder.Combine("deaths")).FullName;
        _http = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}")), Timeout = FunctionsApp.Deadline };
    }

    [Fact]
    public async Task A_backup_and_its_restore_are_finished_by_the_processes_that_follow_those_that_were_killed()
    {
        var azurite = await AzuriteServer.SharedAsync();
        var name = "hub" + Guid.NewGuid().ToString("N")[..12];
        var store = new BlobContainerClient(azurite.ConnectionString, name + "-store");
        await store.CreateAsync();
        await new BlobContainerClient(azurite.ConnectionString, name + "-claims").CreateAsync();

        var backup = await RunAsync(azurite, name, "/api/installations/old/backups", null, "backup-old-");
        Assert.True(backup["state"]!.GetValue<string>() == "Completed", backup.ToJsonString());
        var restore = await RunAsync(azurite, name, "/api/installations/new/restores", new { backup = "latest", from = "old" }, "restore-new-");
        Assert.True(restore["state"]!.GetValue<string>() == "Completed", restore.ToJsonString());

        Assert.Equal(Deadly.Order(StringComparer.Ordinal), Directory.GetFiles(_deaths).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal(1 + Deadly.Length, _started);
        var records = (await GetAsync("/api/installations/old/backups"))["backups"]!.AsArray();
        Assert.Equal(backup["id"]!.GetValue<string>(), Assert.Single(records)!["operationId"]!.GetValue<string>());
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.StopAsync("SIGKILL");
        }

        _http.Dispose();
        _folder.Dispose();
    }

    /// <summary>Asks for an operation, and sees to it that there is a process until it has ended.</summary>
    private async Task<JsonNode> RunAsync(AzuriteServer azurite, string name, string path, object? body, string prefix)
    {
        JsonNode? operation = null;
        try
        {
            await WaitFor.ConditionAsync(
                async () =>
                {
                    if (_process is not { IsRunning: true })
                    {
                        _process = await StartAsync(azurite, name);
                        _started++;
                    }

                    try
                    {
                        operation = operation is null
                            ? await FindOperationAsync(prefix) ?? await StartOperationAsync(path, body)
                            : await GetAsync($"/api/operations/{operation["id"]}");
                    }
                    catch (HttpRequestException)
                    {
                        // The process is not there yet, or not any more.
                        return false;
                    }

                    return operation["state"]!.GetValue<string>() != "Running";
                },
                $"{path} to end",
                FunctionsApp.Deadline);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} It is {operation?.ToJsonString() ?? "not begun"}; its processes wrote: {_process?.ReadLog()}", e);
        }

        return operation!;
    }

    // A process may die of an operation before it has answered the request for it.
    private async Task<JsonNode?> FindOperationAsync(string prefix) =>
        (await GetAsync("/api/operations"))["operations"]!.AsArray()
            .SingleOrDefault(found => found!["id"]!.GetValue<string>().StartsWith(prefix, StringComparison.Ordinal));

    private async Task<JsonNode> StartOperationAsync(string path, object? body)
    {
        using var answer = await _http.PostAsync(path, body is null ? null : JsonContent.Create(body));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await _http.GetStringAsync(path))!;

    private Task<SupervisedProcess> StartAsync(AzuriteServer azurite, string name) => ProcessSupervisor.Shared.StartAsync(
        new ProcessStart(
            "dotnet",
            [
                typeof(HostProgram).Assembly.Location, azurite.ConnectionString, name, _port.ToString(CultureInfo.InvariantCulture), _deaths, .. Deadly,
            ],
            _folder.Combine("host.log"))
        {
            StopSignal = "SIGKILL",
        });
}
