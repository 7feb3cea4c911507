using TfeBackup.Operations.Model;
using TfeBackup.Operations.Retention;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Backup;

/// <summary>
/// Takes a backup: claim, readiness, stream, verify, publish, retention, report. The backup exists from the moment its record is written; what
/// fails afterwards is a warning.
/// </summary>
public sealed class BackupOrchestrator : OperationOrchestrator<BackupInput, BackupOutput>
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Backup";

    /// <inheritdoc/>
    protected override OperationKind Kind => OperationKind.Backup;

    /// <inheritdoc/>
    protected override string InstallationOf(BackupInput input) => input.Installation;

    private protected override async Task<BackupOutput> RunAsync(OperationRun run, BackupInput input)
    {
        run.Purpose = input.Purpose;
        run.Due = input.Due;
        run.WaitUntil = input.WaitUntil;
        await run.ClaimAsync(OperationResources.Installation(input.Installation), exclusive: true);
        var plan = await run.StepAsync(
            "plan", PlanBackupActivity.Call, new InstallationInput(input.Installation), run.Timings.Calls);
        run.Timings = input.Due is null ? plan.Timings : plan.Timings.ForScheduled();
        await InstallationSteps.WaitReadyAsync(run, input.Installation, run.Timings.ReadyTimeout);
        var record = await BackupSteps.TakeAsync(run, "", input.Installation, plan, input.Purpose, input.AcceptSmaller);
        run.Backup = record.Key;
        run.Size = record.Size;

        RetentionReport? retention = null;
        if (plan.Retention is not null)
        {
            try
            {
                retention = await RetentionSteps.PruneAsync(run, input.Installation, plan.Retention, dryRun: false);
            }
            catch (OperationException e)
            {
                run.Warn($"The backup was published, but older ones could not be removed: {e.Message}");
            }
        }

        return new BackupOutput(record, retention);
    }
}
