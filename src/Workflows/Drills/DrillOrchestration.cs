using System.Text.Json;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows.Drills;

/// <summary>
/// Restores the newest backup of an installation into a scratch installation, compares what arrived, restarts it, and leaves the outcome with the
/// backup. Its output is a <see cref="DrillOutput"/>.
/// </summary>
/// <remarks>
/// It claims the scratch installation and the backup, as a restore does, and not the installation that the backup is of: that one goes on being
/// backed up. What arrived is compared before the restart, because an application that starts writes.
/// </remarks>
public sealed class DrillOrchestration : IOrchestration
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Drill";

    private const int MaxSaid = 5;

    /// <inheritdoc/>
    public string Name => OrchestrationName;

    /// <inheritdoc/>
    public async Task<string> RunAsync(IWorkflowContext context, string input)
    {
        var request = JsonSerializer.Deserialize(input, WorkflowJson.Default.DrillInput)
            ?? throw new WorkflowException(WorkflowError.InvalidRequest, "A drill's input is null.");
        var output = await OperationRun.RunAsync(context, OperationKind.Drill, request.Installation, run => RunAsync(run, request));
        return JsonSerializer.Serialize(output, WorkflowJson.Default.DrillOutput);
    }

    private static async Task<DrillOutput> RunAsync(OperationRun run, DrillInput request)
    {
        run.Due = request.Due;
        var plan = await run.StepAsync(
            "plan", WorkflowActivities.PlanDrill, new InstallationInput(request.Installation), run.Timings.Calls,
            p => $"{p.Record.Key} of {p.Record.Started:yyyy-MM-dd HH:mm} UTC into {p.Into}");
        run.Timings = plan.Timings;
        run.Backup = plan.Record.Key;
        run.Size = plan.Record.Size;
        if (plan.Note is not null)
        {
            run.Warn(plan.Note);
        }

        await run.ClaimAsync(OperationResources.Installation(plan.Into), exclusive: true);
        await run.ClaimAsync(OperationResources.Backup(plan.Record.Key), exclusive: false);
        run.Drill = new DrillReport(plan.Into, Compared: false, 0, 0, 0);
        var verified = await VerifySteps.CheckAsync(run, plan.Record);
        DrillOutput output;
        try
        {
            output = await DrillAsync(run, plan);
        }
        catch (WorkflowException e) when (e.Error is not (WorkflowError.Cancelled or WorkflowError.NonDeterministic))
        {
            await VerifySteps.RecordAsync(run, plan.Record, Check(run, verified, new DrillResult(plan.Into, Compared: false)) with
            {
                Passed = false,
                Failure = OperationRun.Shorten($"{e.Error}: {e.Message}", 2_000),
            });
            throw;
        }

        await VerifySteps.RecordAsync(run, plan.Record, Check(run, verified, output.Result));
        return output;
    }

    private static async Task<DrillOutput> DrillAsync(OperationRun run, DrillPlan plan)
    {
        var restore = new RestoreInput { Backup = plan.Record.Key.ToString(), Target = plan.Into, Overwrite = true };
        var target = await RestoreOrchestration.CheckTargetAsync(run, restore, plan.Record);
        await RestoreOrchestration.ApplyAsync(run, restore, plan.Record, target);
        var result = await CompareAsync(run, plan);
        var restart = await RestoreOrchestration.RestartAsync(run, restore, plan.Record);
        await RestoreOrchestration.LookAgainAsync(run, restore, plan.Record);
        return new DrillOutput(plan.Record.Key, result, restart);
    }

    private static async Task<DrillResult> CompareAsync(OperationRun run, DrillPlan plan)
    {
        if (plan.Record.Format != BackupFormat.Archive)
        {
            run.Warn($"{plan.Record.Key} is opaque: that it was restored and the application becomes ready is all this drill shows; its content cannot be compared.");
            return new DrillResult(plan.Into, Compared: false);
        }

        var comparison = await run.StepAsync(
            "compare", WorkflowActivities.CompareDrill, new CompareInput(plan.Record, plan.Into), run.Timings.Transfers, Describe,
            isRetried: BackupSteps.IsWorthAnotherTry);
        run.Drill = new DrillReport(plan.Into, Compared: true, comparison.Rows, comparison.Objects, comparison.Count);
        return comparison.Count == 0
            ? new DrillResult(plan.Into, Compared: true, comparison.Tables, comparison.Rows, comparison.Objects)
            : throw new WorkflowException(
                WorkflowError.Corrupt,
                $"What arrived in {plan.Into} is not what {plan.Record.Key} holds, in {comparison.Count} places: {string.Join("; ", comparison.Differences.Take(MaxSaid))}{(comparison.Count > MaxSaid ? "; …" : "")}.");
    }

    private static string Describe(DrillComparison comparison) =>
        comparison.Count == 0
            ? $"{comparison.Tables:N0} tables, {comparison.Rows:N0} rows and {comparison.Objects:N0} objects, all as in the backup"
            : $"{comparison.Count} differences: {string.Join("; ", comparison.Differences)}";

    private static CheckRecord Check(OperationRun run, CheckRecord verified, DrillResult result) => new()
    {
        Kind = CheckKind.Drill,

        // Times name checks: never that of the one before.
        Time = run.Context.CurrentUtc > verified.Time.AddMilliseconds(1) ? run.Context.CurrentUtc : verified.Time.AddMilliseconds(1),
        OperationId = run.Context.InstanceId,
        Passed = true,
        Drill = result,
    };
}
