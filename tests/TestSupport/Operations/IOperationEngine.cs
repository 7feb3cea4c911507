using Microsoft.DurableTask.Client;
using TfeBackup.Operations.Model;

namespace TfeBackup.TestSupport.Operations;

/// <summary>A Durable Task engine that runs the operations of a harness, composed as a host of it composes them.</summary>
public interface IOperationEngine : IAsyncDisposable
{
    /// <summary>The services of its host.</summary>
    IServiceProvider Services { get; }

    /// <summary>The client of its task hub.</summary>
    DurableTaskClient Client { get; }

    /// <summary>Starts the engine with one worker, whose activities run through <see cref="OperationHarness.RunActivityAsync"/>.</summary>
    Task StartAsync(OperationHarness harness);

    /// <summary>Takes the worker away, in the middle of whatever it does, and has another one go on.</summary>
    Task ReplaceWorkerAsync();

    /// <summary>Reads the history of an operation, as the engine keeps it.</summary>
    Task<string> ReadHistoryAsync(string id);

    /// <summary>Checks what the engine has kept of an operation that has ended.</summary>
    Task CheckAsync(OperationInstance ended);
}
