using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.TestSupport.Runtime;

/// <summary>A workflow host under test, with the orchestrations and activities it was started with.</summary>
public abstract class RuntimeHarness : IAsyncDisposable
{
    /// <summary>Its client.</summary>
    public abstract IWorkflowClient Client { get; }

    /// <summary>Its claims.</summary>
    public abstract IOperationClaims Claims { get; }

    /// <summary>Stops what runs operations and starts it again over the same state, so that everything is replayed from there.</summary>
    public abstract Task RestartAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
