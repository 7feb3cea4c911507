using System.Text.Json.Nodes;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.TestSupport.Ssh;

/// <summary>A real SSH server (npm <c>ssh2</c>) on a free port of the loopback interface, with keys of its own. It ends with this process.</summary>
public sealed class SshServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private SupervisedProcess? _process;

    private SshServer()
    {
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; private set; }

    /// <summary>The user it lets in.</summary>
    public string User { get; private set; } = "";

    /// <summary>The private key that lets that user in, in OpenSSH's form.</summary>
    public string Key { get; private set; } = "";

    /// <summary>The fingerprint of its own key, as <c>ssh-keygen -l</c> prints it.</summary>
    public string HostKey { get; private set; } = "";

    /// <summary>Starts a server.</summary>
    public static async Task<SshServer> StartAsync(CancellationToken cancellationToken = default)
    {
        var server = new SshServer();
        try
        {
            var script = Path.Combine(AppContext.BaseDirectory, "Ssh", "ssh-server.mjs");
            var start = new ProcessStart("node", [script, NpmPackages.Find("ssh2")], server._folder.Combine("ssh.log"));
            var process = await ProcessSupervisor.Shared.StartAsync(start, cancellationToken);
            server._process = process;
            await WaitFor.ConditionAsync(
                () => !process.IsRunning || process.ReadLog().Contains("}\n", StringComparison.Ordinal), "the SSH server to listen", TimeSpan.FromSeconds(60), cancellationToken);
            var line = process.ReadLog().Split('\n').FirstOrDefault(l => l.StartsWith('{'))
                ?? throw new InvalidOperationException($"The SSH server did not start:{Environment.NewLine}{process.ReadLog()}");
            var said = JsonNode.Parse(line)!;
            server.Port = (int)said["port"]!;
            server.User = (string)said["user"]!;
            server.Key = (string)said["key"]!;
            server.HostKey = (string)said["hostKey"]!;
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What happened since it listens, a line each: <c>connection</c>, <c>authentication publickey backup</c>, <c>signal TERM</c>.</summary>
    public IReadOnlyList<string> Events() =>
        [.. (_process?.ReadLog() ?? "").Split('\n').Where(line => line.Length > 0 && !line.StartsWith('{'))];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync("SIGKILL");
        }

        _folder.Dispose();
    }
}
