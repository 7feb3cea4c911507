using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Restart;

/// <summary>Restarts an installation's application and waits until it is ready.</summary>
public sealed class RestartOrchestrator : OperationOrchestrator<RestartInput, RestartOutput>
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Restart";

    /// <inheritdoc/>
    protected override OperationKind Kind => OperationKind.Restart;

    /// <inheritdoc/>
    protected override string InstallationOf(RestartInput input) => input.Installation;

    private protected override async Task<RestartOutput> RunAsync(OperationRun run, RestartInput input)
    {
        await run.ClaimAsync(OperationResources.Installation(input.Installation), exclusive: true);
        return await RestartSteps.RestartAsync(run, input.Installation);
    }
}
