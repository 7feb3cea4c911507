using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Operations.Drill;

/// <summary>
/// Restores the newest backup of an installation into a scratch installation, compares what arrived, restarts it, and leaves the outcome with the
/// backup. Its output is a <see cref="DrillOutput"/>.
/// </summary>
/// <remarks>
/// It claims the scratch installation and the backup, as a restore does, and not the installation that the backup is of: that one goes on being
/// backed up. What arrived is compared before the restart, because an application that starts writes.
/// </remarks>
public sealed class DrillOrchestrator : OperationOrchestrator<DrillInput, DrillOutput>
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Drill";

    private const int MaxSaid = 5;

    /// <inheritdoc/>
    protected override OperationKind Kind => OperationKind.Drill;

    /// <inheritdoc/>
    protected override string InstallationOf(DrillInput input) => input.Installation;

    private protected override async Task<DrillOutput> RunAsync(OperationRun run, DrillInput input)
    {
        run.Due = input.Due;
        run.WaitUntil = input.WaitUntil;
        var plan = await run.StepAsync(
            "plan", PlanDrillActivity.Call, new InstallationInput(input.Installation), run.Timings.Calls,
            p => $"{p.Record.Key} of {p.Record.Started:yyyy-MM-dd HH:mm} UTC into {p.Into}");
        run.Use(plan.Record, plan.Note, plan.Timings);

        await run.ClaimAsync(OperationResources.Installation(plan.Into), exclusive: true);
        await run.ClaimAsync(OperationResources.Backup(plan.Record.Key), exclusive: false);
        run.Drill = new DrillReport(plan.Into, Compared: false, 0, 0, 0);
        var restore = new RestoreInput { Backup = plan.Record.Key.ToString(), Target = plan.Into, Overwrite = true };
        if (plan.LooksFirst)
        {
            // Fail early: reading the backup may take hours, and a missing scratch installation says nothing about it.
            _ = await RestoreOrchestrator.CheckTargetAsync(run, restore, plan.Record);
        }

        var verified = await VerifySteps.CheckAsync(run, plan.Record);
        DrillOutput output;
        try
        {
            output = await DrillAsync(run, plan, restore);
        }
        catch (OperationException e) when (e.Error is not (OperationError.Cancelled or OperationError.NonDeterministic))
        {
            await VerifySteps.RecordAsync(run, plan.Record, Check(run, verified, new DrillResult(plan.Into, Compared: false)) with
            {
                Passed = false,
                Failure = Text.Shorten($"{e.Error}: {e.Message}", 2_000),
            });
            throw;
        }

        await VerifySteps.RecordAsync(run, plan.Record, Check(run, verified, output.Result));
        return output;
    }

    private static async Task<DrillOutput> DrillAsync(OperationRun run, DrillPlan plan, RestoreInput restore)
    {
        var target = plan.LooksFirst
            ? await RestoreOrchestrator.CheckTargetAsync(run, restore, plan.Record, RestoreOrchestrator.TargetStillReady)
            : await RestoreOrchestrator.CheckTargetAsync(run, restore, plan.Record);
        await RestoreOrchestrator.ApplyAsync(run, restore, plan.Record, target);
        var result = await CompareAsync(run, plan);
        var restart = await RestoreOrchestrator.RestartAsync(run, restore, plan.Record);
        await RestoreOrchestrator.LookAgainAsync(run, restore, plan.Record);
        return new DrillOutput(plan.Record.Key, result, restart);
    }

    private static async Task<DrillResult> CompareAsync(OperationRun run, DrillPlan plan)
    {
        if (plan.Record.Format != BackupFormat.Archive)
        {
            run.Warn($"{plan.Record.Key} is opaque: this drill shows only that it restores and that the application becomes ready; its content cannot be compared.");
            return new DrillResult(plan.Into, Compared: false);
        }

        var comparison = await run.StepAsync(
            "compare", CompareDrillActivity.Call, new CompareInput(plan.Record, plan.Into), run.Timings.Transfers, Describe,
            isRetried: InstallationSteps.IsWorthAnotherTry);
        run.Drill = new DrillReport(plan.Into, Compared: true, comparison.Rows, comparison.Objects, comparison.Count);
        return comparison.Count == 0
            ? new DrillResult(plan.Into, Compared: true, comparison.Tables, comparison.Rows, comparison.Objects)
            : throw new OperationException(
                OperationError.Corrupt,
                $"{plan.Into} differs from {plan.Record.Key} in {comparison.Count} places: {string.Join("; ", comparison.Differences.Take(MaxSaid))}{(comparison.Count > MaxSaid ? "; …" : "")}.");
    }

    private static string Describe(DrillComparison comparison) =>
        comparison.Count == 0
            ? $"{comparison.Tables:N0} tables, {comparison.Rows:N0} rows and {comparison.Objects:N0} objects match the backup"
            : $"{comparison.Count} differences: {string.Join("; ", comparison.Differences)}";

    private static CheckRecord Check(OperationRun run, CheckRecord verified, DrillResult result) => new()
    {
        Kind = CheckKind.Drill,

        // Checks are named by time; make it differ from the previous one.
        Time = run.Now > verified.Time.AddMilliseconds(1) ? run.Now : verified.Time.AddMilliseconds(1),
        OperationId = run.OperationId,
        Passed = true,
        Drill = result,
    };
}
