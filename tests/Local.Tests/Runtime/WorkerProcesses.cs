using System.Globalization;
using TfeBackup.Local.Runtime;
using TfeBackup.TestSupport;
using TfeBackup.TestSupport.Processes;

namespace TfeBackup.Local.Tests.Runtime;

/// <summary>A journal, a folder for what activities do, and worker processes over them.</summary>
internal sealed class WorkerProcesses : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<SupervisedProcess> _processes = [];

    public WorkerProcesses()
    {
        Effects = Directory.CreateDirectory(_folder.Combine("effects")).FullName;
        Journal = Journal.Open(_folder.Combine("journal.db"), TimeProvider.System);
        Client = new LocalWorkflowClient(Journal);
    }

    public string Effects { get; }

    public Journal Journal { get; }

    public LocalWorkflowClient Client { get; }

    public string Log => string.Join('\n', _processes.Select(process => process.ReadLog()));

    public async Task<SupervisedProcess> StartAsync(int leaseSeconds = 600, int maxStarts = 100)
    {
        var arguments = new[]
        {
            typeof(WorkerProgram).Assembly.Location, Journal.Path, Effects, leaseSeconds.ToString(CultureInfo.InvariantCulture),
            maxStarts.ToString(CultureInfo.InvariantCulture),
        };
        var process = await ProcessSupervisor.Shared.StartAsync(
            new ProcessStart("dotnet", arguments, _folder.Combine($"log-{_processes.Count}")) { StopSignal = "SIGKILL" });
        _processes.Add(process);
        return process;
    }

    /// <summary>How often each effect was brought about.</summary>
    public int CountEffect(int number)
    {
        var path = Path.Combine(Effects, number.ToString(CultureInfo.InvariantCulture));
        return File.Exists(path) ? File.ReadAllLines(path).Length : 0;
    }

    public bool Exists(string effect) => File.Exists(Path.Combine(Effects, effect));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.StopAsync("SIGKILL");
        }

        Journal.Dispose();
        _folder.Dispose();
    }
}
