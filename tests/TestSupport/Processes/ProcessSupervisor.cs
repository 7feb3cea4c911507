using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfeBackup.TestSupport.Processes;

/// <summary>
/// Starts processes that end, and owns folders that vanish, with this process, even if it is killed. A small Node.js program
/// (<c>supervise.mjs</c>) holds them; the end of its standard input tells it that this process is no more.
/// </summary>
public sealed partial class ProcessSupervisor
{
    // One per process, because the point is to notice this process's end; started when first needed.
    private static readonly Lazy<ProcessSupervisor> Instance = new(() => new ProcessSupervisor());

    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(20);

    private readonly Process _supervisor;
    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<int, SupervisedProcess> _processes = new();
    private int _lastRequest;

    private ProcessSupervisor()
    {
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Processes", "supervise.mjs") },
        };
        _supervisor = Process.Start(start) ?? throw new InvalidOperationException("node could not be started.");
        new Thread(ReadEvents) { IsBackground = true, Name = "process supervisor" }.Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => End();
    }

    /// <summary>This process's supervisor.</summary>
    public static ProcessSupervisor Shared => Instance.Value;

    /// <summary>Starts a process.</summary>
    /// <exception cref="InvalidOperationException">The program cannot be started.</exception>
    public async Task<SupervisedProcess> StartAsync(ProcessStart start, CancellationToken cancellationToken = default)
    {
        var id = Interlocked.Increment(ref _lastRequest);
        var process = new SupervisedProcess(this, id, start);
        _processes[id] = process;
        Send(new Request
        {
            Op = "start",
            Id = id,
            File = start.File,
            Args = start.Arguments,
            Env = start.Environment,
            Cwd = start.WorkingDirectory,
            Log = start.LogFile,
            Stop = start.StopSignal,
            Uid = start.RunAs,
            Gid = start.RunAs,
        });
        await process.Started.WaitAsync(cancellationToken);
        return process;
    }

    /// <summary>Starts a program and waits for its end.</summary>
    /// <exception cref="InvalidOperationException">It cannot be started or ends with another code than 0; the message holds its log.</exception>
    public async Task RunAsync(ProcessStart start, CancellationToken cancellationToken = default)
    {
        var process = await StartAsync(start, cancellationToken);
        int code;
        try
        {
            code = await process.Exited.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await process.StopAsync("SIGKILL");
            throw;
        }

        if (code != 0)
        {
            throw new InvalidOperationException($"{start.File} ended with {code}:{Environment.NewLine}{process.ReadLog()}");
        }
    }

    /// <summary>Removes a folder when this process ends, however it ends.</summary>
    public void Own(string folder) => Send(new Request { Op = "own", Path = folder });

    /// <summary>Forgets a folder.</summary>
    public void Disown(string folder) => Send(new Request { Op = "disown", Path = folder });

    internal void Signal(int request, string signal) => Send(new Request { Op = "signal", Id = request, Signal = signal });

    private void Send(Request request)
    {
        var line = JsonSerializer.Serialize(request, ProtocolJson.Default.Request);
        lock (_writing)
        {
            _supervisor.StandardInput.WriteLine(line);
            _supervisor.StandardInput.Flush();
        }
    }

    private void ReadEvents()
    {
        while (_supervisor.StandardOutput.ReadLine() is { } line)
        {
            var message = JsonSerializer.Deserialize(line, ProtocolJson.Default.Event)!;
            if (!_processes.TryGetValue(message.Id, out var process))
            {
                continue;
            }

            switch (message.Kind)
            {
                case "started":
                    process.OnStarted(message.Pid);
                    break;
                case "failed":
                    _processes.TryRemove(message.Id, out _);
                    process.OnFailed(message.Error ?? "unknown reason");
                    break;
                case "exited":
                    _processes.TryRemove(message.Id, out _);
                    process.OnExited(message.Code ?? 128 + SignalNumber(message.Signal));
                    break;
            }
        }

        foreach (var process in _processes.Values)
        {
            process.OnFailed("the process supervisor has ended");
        }
    }

    private static int SignalNumber(string? signal) => signal switch
    {
        "SIGHUP" => 1,
        "SIGINT" => 2,
        "SIGQUIT" => 3,
        "SIGABRT" => 6,
        "SIGKILL" => 9,
        "SIGSEGV" => 11,
        "SIGTERM" => 15,
        _ => 0,
    };

    private void End()
    {
        lock (_writing)
        {
            _supervisor.StandardInput.Close();
        }

        _supervisor.WaitForExit(EndTimeout);
    }

    private sealed record Request
    {
        public required string Op { get; init; }

        public int? Id { get; init; }

        public string? File { get; init; }

        public IReadOnlyList<string>? Args { get; init; }

        public IReadOnlyDictionary<string, string?>? Env { get; init; }

        public string? Cwd { get; init; }

        public string? Log { get; init; }

        public string? Stop { get; init; }

        public int? Uid { get; init; }

        public int? Gid { get; init; }

        public string? Signal { get; init; }

        public string? Path { get; init; }
    }

    private sealed record Event
    {
        public int Id { get; init; }

        [JsonPropertyName("event")]
        public string Kind { get; init; } = "";

        public int Pid { get; init; }

        public int? Code { get; init; }

        public string? Signal { get; init; }

        public string? Error { get; init; }
    }

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Request))]
    [JsonSerializable(typeof(Event))]
    private sealed partial class ProtocolJson : JsonSerializerContext;
}
