using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Retention;

/// <summary>Removes the backups that need not be kept.</summary>
public sealed class RetentionOrchestrator : OperationOrchestrator<RetentionInput, RetentionReport>
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Retention";

    /// <inheritdoc/>
    protected override OperationKind Kind => OperationKind.Retention;

    /// <inheritdoc/>
    protected override string InstallationOf(RetentionInput input) => input.Installation;

    private protected override async Task<RetentionReport> RunAsync(OperationRun run, RetentionInput input)
    {
        run.Due = input.Due;
        run.WaitUntil = input.WaitUntil;

        // A dry run only reads; it needs no exclusive claim.
        if (!input.DryRun)
        {
            await run.ClaimAsync(OperationResources.Installation(input.Installation), exclusive: true);
        }

        return await RetentionSteps.PruneAsync(run, input.Installation, policy: null, input.DryRun);
    }
}
