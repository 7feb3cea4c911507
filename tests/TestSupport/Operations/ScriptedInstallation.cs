using System.Collections.Concurrent;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.TestSupport.Operations;

/// <summary>An installation that does what a test says, and notes what it was asked for.</summary>
public sealed class ScriptedInstallation(string name) : IInstallation, IApplicationControl
{
    public ConcurrentQueue<string> Calls { get; } = new();

    public string Name => name;

    public string Description => "scripted";

    public bool CanDrain { get; init; }

    public Task<bool> CanDrainAsync(CancellationToken cancellationToken) => Task.FromResult(CanDrain);

    public InstallationStatus Answer { get; set; } = new() { Ready = true, Detail = "OK", Content = InstallationContent.HoldsData };

    /// <summary>What asking for its status fails with; null where it answers.</summary>
    public OperationException? Refusal { get; set; }

    public Func<string, bool, CancellationToken, Task<Stream>> Backup { get; set; } = (_, _, _) => Task.FromResult<Stream>(new MemoryStream([1, 2, 3]));

    public Func<byte[], string, bool, Task> Restore { get; set; } = (_, _, _) => Task.CompletedTask;

    /// <summary>What it says became of a restore; by default it remembers none.</summary>
    public Func<string, Task<RestoreOutcome>> Outcome { get; set; } = _ => Task.FromResult(RestoreOutcome.Unknown);

    public ApplicationState State { get; set; } = ApplicationState.Running;

    /// <summary>What a stop leads to.</summary>
    public ApplicationState AfterStop { get; set; } = ApplicationState.Stopped;

    public Func<Task> Start { get; set; } = () => Task.CompletedTask;

    /// <summary>How the last restore was asked for.</summary>
    public RestoreOptions? Options { get; private set; }

    /// <summary>What was restored last.</summary>
    public byte[]? Restored { get; private set; }

    public Task<InstallationStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        Calls.Enqueue("status");
        return Refusal is null ? Task.FromResult(Answer) : throw Refusal;
    }

    public Task<Stream> BackupAsync(string password, bool skipObjectStorage, CancellationToken cancellationToken)
    {
        Calls.Enqueue("backup");
        return Backup(password, skipObjectStorage, cancellationToken);
    }

    public async Task RestoreAsync(Stream snapshot, string password, RestoreOptions options, CancellationToken cancellationToken)
    {
        Calls.Enqueue("restore");
        using var copy = new MemoryStream();
        await snapshot.CopyToAsync(copy, cancellationToken);
        Options = options;
        await Restore(copy.ToArray(), password, options.Overwrite);
        Restored = copy.ToArray();
        Answer = Answer with { Content = InstallationContent.HoldsData };
    }

    public Task<RestoreOutcome> FindRestoreAsync(string operationId, CancellationToken cancellationToken)
    {
        Calls.Enqueue("outcome");
        return Outcome(operationId);
    }

    public Task DrainAsync(CancellationToken cancellationToken)
    {
        Calls.Enqueue("drain");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Calls.Enqueue("stop");
        State = AfterStop;
        return Task.CompletedTask;
    }

    Task<ApplicationStatus> IApplicationControl.GetStatusAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new ApplicationStatus(State, $"app is {State}"));

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Calls.Enqueue("start");
        await Start();
        State = ApplicationState.Running;
    }
}
