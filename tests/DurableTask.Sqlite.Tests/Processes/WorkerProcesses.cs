using System.Diagnostics;
using System.Globalization;
using DurableTask.Sqlite.Tests.Support;
using Microsoft.DurableTask.Client;

namespace DurableTask.Sqlite.Tests.Processes;

/// <summary>A database, a folder for what activities do, a client in this process, and workers in processes of their own.</summary>
internal sealed class WorkerProcesses : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly List<Process> _processes = [];
    private readonly TestHost _host;

    private WorkerProcesses(TempFolder folder, TestHost host)
    {
        _folder = folder;
        _host = host;
        Effects = Directory.CreateDirectory(folder.Combine("effects")).FullName;
    }

    public string Effects { get; }

    public string File => _folder.Combine("orchestrations.db");

    public DurableTaskClient Client => _host.Client;

    public static async Task<WorkerProcesses> CreateAsync()
    {
        var folder = new TempFolder();
        return new WorkerProcesses(folder, await TestHost.StartAsync(folder.Combine("orchestrations.db")));
    }

    public Process Start(int lockSeconds = 600, int maxAttempts = 100)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] arguments = [typeof(WorkerProgram).Assembly.Location, File, Effects, $"{lockSeconds}", $"{maxAttempts}"];
        arguments.ToList().ForEach(start.ArgumentList.Add);
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        _processes.Add(process);
        return process;
    }

    public static void Signal(Process process, string signal) => Process.Start("kill", ["-" + signal, $"{process.Id}"])!.WaitForExit();

    public Task StartAsync(string name, string id, object? input = null) =>
        Client.ScheduleNewOrchestrationInstanceAsync(name, input, new Microsoft.DurableTask.StartOrchestrationOptions(id));

    public Task<OrchestrationMetadata> EndAsync(string id) => _host.EndAsync(id);

    public Task ExistsAsync(string effect) => Eventually.TrueAsync(() => System.IO.File.Exists(Path.Combine(Effects, effect)), effect);

    public Task GoAsync() => System.IO.File.WriteAllTextAsync(Path.Combine(Effects, "go"), "");

    /// <summary>How often each effect was brought about.</summary>
    public int CountEffect(int number)
    {
        var path = Path.Combine(Effects, number.ToString(CultureInfo.InvariantCulture));
        return System.IO.File.Exists(path) ? System.IO.File.ReadAllLines(path).Length : 0;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        await _host.DisposeAsync();
        _folder.Dispose();
    }
}
