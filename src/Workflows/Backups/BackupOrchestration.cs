using System.Text.Json;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Retention;

namespace TfeBackup.Workflows.Backups;

/// <summary>
/// Takes a backup: claim, readiness, stream, verify, publish, retention, report. The backup exists from the moment its record is written; what
/// fails afterwards is a warning.
/// </summary>
public sealed class BackupOrchestration : IOrchestration
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Backup";

    /// <inheritdoc/>
    public string Name => OrchestrationName;

    /// <inheritdoc/>
    public async Task<string> RunAsync(IWorkflowContext context, string input)
    {
        var request = JsonSerializer.Deserialize(input, WorkflowJson.Default.BackupInput)
            ?? throw new WorkflowException(WorkflowError.InvalidRequest, "A backup's input is null.");
        var output = await OperationRun.RunAsync(context, OperationKind.Backup, request.Installation, run => RunAsync(run, request));
        return JsonSerializer.Serialize(output, WorkflowJson.Default.BackupOutput);
    }

    private static async Task<BackupOutput> RunAsync(OperationRun run, BackupInput request)
    {
        run.Purpose = request.Purpose;
        run.Due = request.Due;
        await run.ClaimAsync(OperationResources.Installation(request.Installation), exclusive: true);
        var plan = await run.StepAsync(
            "plan", WorkflowActivities.PlanBackup, new InstallationInput(request.Installation), run.Timings.Calls);
        run.Timings = plan.Timings;
        await BackupSteps.WaitReadyAsync(run, request.Installation, plan.Timings.ReadyTimeout);
        var record = await BackupSteps.TakeAsync(run, "", request.Installation, plan, request.Purpose);
        run.Backup = record.Key;
        run.Size = record.Size;

        RetentionReport? retention = null;
        if (plan.Retention is not null)
        {
            try
            {
                retention = await RetentionSteps.PruneAsync(run, request.Installation, plan.Retention, dryRun: false);
            }
            catch (WorkflowException e)
            {
                run.Warn($"The backup was published, but older ones could not be removed: {e.Message}");
            }
        }

        return new BackupOutput(record, retention);
    }
}
