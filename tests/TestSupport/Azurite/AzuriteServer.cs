using System.Globalization;
using System.Security.Cryptography;
using Azure.Storage.Blobs;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.TestSupport.Azurite;

/// <summary>
/// A real Azurite (blob, queue and table endpoints) in a temporary folder, on free ports of the loopback interface, with an
/// account key of its own. It ends and vanishes with this process, even if that is killed.
/// </summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    private const string Account = "installation";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    // One per process; the supervisor stops it when the process ends.
    private static readonly Lazy<Task<AzuriteServer>> SharedServer = new(() => StartAsync());

    private readonly TempFolder _folder = new();
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
    private int _blobPort;
    private int _queuePort;
    private int _tablePort;
    private SupervisedProcess? _process;
    private int _lastContainer;

    private AzuriteServer()
    {
    }

    /// <summary>The connection string: account key, blob, queue and table endpoints.</summary>
    public string ConnectionString => string.Create(
        CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={_key};BlobEndpoint=http://127.0.0.1:{_blobPort}/{Account};QueueEndpoint=http://127.0.0.1:{_queuePort}/{Account};TableEndpoint=http://127.0.0.1:{_tablePort}/{Account};");

    /// <summary>The server process's id; 0 while it is stopped.</summary>
    public int ProcessId => _process is { IsRunning: true } process ? process.ProcessId : 0;

    /// <summary>Starts a server of its own.</summary>
    public static async Task<AzuriteServer> StartAsync(CancellationToken cancellationToken = default)
    {
        var server = new AzuriteServer();
        try
        {
            do
            {
                server._blobPort = FreePort.Next();
                server._queuePort = FreePort.Next();
                server._tablePort = FreePort.Next();
            }
            while (!await server.TryStartAsync(cancellationToken));

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The server that all tests of this process share; nobody stops it.</summary>
    public static Task<AzuriteServer> SharedAsync() => SharedServer.Value;

    /// <summary>Creates an empty container with a name of its own.</summary>
    public async Task<BlobContainerClient> CreateContainerAsync(CancellationToken cancellationToken = default)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"container-{Interlocked.Increment(ref _lastContainer)}");
        var container = new BlobContainerClient(ConnectionString, name);
        await container.CreateAsync(cancellationToken: cancellationToken);
        return container;
    }

    /// <summary>Stops the server; its content stays.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync("SIGTERM");
        }
    }

    /// <summary>Kills the server as a crash would; Azurite loses up to the last five seconds of what it was told.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync("SIGKILL");
        }
    }

    /// <summary>Starts a stopped server again, with the same content on the same ports.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        if (_process is not { IsRunning: true } && !await TryStartAsync(cancellationToken))
        {
            throw new InvalidOperationException("Azurite's ports were taken while it was stopped.");
        }
    }

    /// <summary>What the server has logged.</summary>
    public string ReadLog() => _process?.ReadLog() ?? "";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync("SIGKILL");
        }

        _folder.Dispose();
    }

    /// <summary>Starts the server process; false where one of its ports is taken.</summary>
    private async Task<bool> TryStartAsync(CancellationToken cancellationToken)
    {
        var log = _folder.Combine("azurite.log");
        var logged = File.Exists(log) ? new FileInfo(log).Length : 0;
        var start = new ProcessStart(
            "node",
            [
                Path.Combine(NpmPackages.Find("azurite"), "dist", "src", "azurite.js"),
                "--location", _folder.Combine("content"), "--silent", "--disableTelemetry",

                // The client library speaks newer versions of the protocol than Azurite knows by name.
                "--skipApiVersionCheck",
                "--blobHost", "127.0.0.1", "--blobPort", _blobPort.ToString(CultureInfo.InvariantCulture),
                "--queueHost", "127.0.0.1", "--queuePort", _queuePort.ToString(CultureInfo.InvariantCulture),
                "--tableHost", "127.0.0.1", "--tablePort", _tablePort.ToString(CultureInfo.InvariantCulture),
            ],
            log)
        {
            Environment = new Dictionary<string, string?> { ["AZURITE_ACCOUNTS"] = $"{Account}:{_key}" },
            StopSignal = "SIGKILL",
        };
        var process = await ProcessSupervisor.Shared.StartAsync(start, cancellationToken);
        _process = process;
        string Written() => process.ReadLog()[(int)logged..];
        await WaitFor.ConditionAsync(
            () => !process.IsRunning || Written().Contains("Table service is successfully listening", StringComparison.Ordinal) || Written().Contains("EADDRINUSE", StringComparison.Ordinal),
            "Azurite to listen",
            StartTimeout,
            cancellationToken);
        if (Written().Contains("EADDRINUSE", StringComparison.Ordinal))
        {
            await process.StopAsync("SIGKILL");
            return false;
        }

        return process.IsRunning ? true : throw new InvalidOperationException($"Azurite did not start:{Environment.NewLine}{Written()}");
    }
}
