using System.Text.Json;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows.Restores;

/// <summary>
/// Restores a backup: resolve it and its password's version, verify it, check the target, wait for approval where asked, back up what would be
/// overwritten, restore, restart, wait until ready, look again. Until the restore itself nothing of the target changes.
/// </summary>
public sealed class RestoreOrchestration : IOrchestration
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Restore";

    // A service whose answers are lost again and again is not asked a third time.
    private const int MaxLostAnswers = 2;

    /// <inheritdoc/>
    public string Name => OrchestrationName;

    /// <inheritdoc/>
    public async Task<string> RunAsync(IWorkflowContext context, string input)
    {
        var request = JsonSerializer.Deserialize(input, WorkflowJson.Default.RestoreInput)
            ?? throw new WorkflowException(WorkflowError.InvalidRequest, "A restore's input is null.");
        var output = await OperationRun.RunAsync(context, OperationKind.Restore, request.Target, run => RunAsync(run, request));
        return JsonSerializer.Serialize(output, WorkflowJson.Default.RestoreOutput);
    }

    private static async Task<RestoreOutput> RunAsync(OperationRun run, RestoreInput request)
    {
        await run.ClaimAsync(OperationResources.Installation(request.Target), exclusive: true);
        var plan = await run.StepAsync(
            "plan", WorkflowActivities.PlanRestore, new RestorePlanInput(request.Backup, request.Target), run.Timings.Calls,
            p => $"{p.Record.Key} of {p.Record.Started:yyyy-MM-dd HH:mm} UTC, password {p.Record.Password}");
        run.Timings = plan.Timings;
        run.Backup = plan.Record.Key;
        run.Size = plan.Record.Size;
        if (plan.Note is not null)
        {
            run.Warn(plan.Note);
        }

        await run.ClaimAsync(OperationResources.Backup(plan.Record.Key), exclusive: false);
        await VerifySteps.CheckAsync(run, plan.Record);
        var target = await CheckTargetAsync(run, request, plan.Record);
        if (request.RequireApproval)
        {
            await WaitForApprovalAsync(run, request, plan.Record, target);
        }

        // A service that does not say whether it holds data is taken to hold some.
        var safety = request.Overwrite && target.Content != InstallationContent.Empty
            ? await TakeSafetyBackupAsync(run, request.Target)
            : null;
        await ApplyAsync(run, request, plan.Record, target);
        var restart = await RestartAsync(run, request, plan.Record);
        await LookAgainAsync(run, request, plan.Record);
        return new RestoreOutput(plan.Record.Key, request.Target, safety?.Key, restart);
    }

    internal static async Task<InstallationAnswer> CheckTargetAsync(OperationRun run, RestoreInput request, BackupRecord record)
    {
        var target = await BackupSteps.WaitReadyAsync(run, request.Target, run.Timings.ReadyTimeout, "target ready");
        if (target.Content == InstallationContent.HoldsObjects)
        {
            // Operators with many objects copy those by themselves and restore the database only.
            target = target with { Content = record.ObjectsIncluded ? InstallationContent.HoldsData : InstallationContent.Empty };
        }

        if (target.Content == InstallationContent.HoldsData && !request.Overwrite)
        {
            throw new WorkflowException(
                WorkflowError.TargetNotEmpty,
                $"Installation {request.Target} holds data; a restore would replace all of it. To have that, ask for it (--overwrite): a safety backup is taken first.");
        }

        return target;
    }

    private static async Task WaitForApprovalAsync(
        OperationRun run, RestoreInput request, BackupRecord record, InstallationAnswer target)
    {
        var message = $"Approve restoring {record.Key} (taken {record.Started:yyyy-MM-dd HH:mm} UTC) into {request.Target}, which "
            + target.Content switch
            {
                InstallationContent.Empty => "is empty.",
                InstallationContent.HoldsData => "holds data that will be replaced.",
                _ => "may hold data that will be replaced.",
            };
        var answer = await run.WaitForOperatorAsync("approval", message, OperationEvents.Approval, run.Timings.ApprovalDeadline)
            ?? throw new WorkflowException(
                WorkflowError.TimedOut,
                $"Nobody approved within {BackupSteps.Minutes(run.Timings.ApprovalDeadline)} minutes; nothing was changed.");
        var decision = JsonSerializer.Deserialize(answer, WorkflowJson.Default.ApprovalDecision);
        if (decision is not { Approved: true })
        {
            throw new WorkflowException(
                WorkflowError.Refused,
                $"{decision?.By ?? "An operator"} declined{(decision?.Comment is null ? "" : $": {decision.Comment}")}; nothing was changed.");
        }
    }

    private static async Task<BackupRecord> TakeSafetyBackupAsync(OperationRun run, string target)
    {
        const string Prefix = "safety backup: ";
        var plan = await run.StepAsync(
            Prefix + "plan", WorkflowActivities.PlanBackup, new InstallationInput(target), run.Timings.Calls);

        // Whatever the installation's backups leave out, this one must be able to bring everything back.
        return await BackupSteps.TakeAsync(run, Prefix, target, plan with { SkipObjectStorage = false }, BackupPurpose.Safety);
    }

    internal static async Task ApplyAsync(OperationRun run, RestoreInput request, BackupRecord record, InstallationAnswer target)
    {
        for (var lost = 1; ; lost++)
        {
            WorkflowException failure;
            try
            {
                await run.StepAsync(
                    "restore",
                    WorkflowActivities.ApplyBackup,
                    new ApplyInput(request.Target, record.Key, record.Size, record.Password, request.Overwrite),
                    run.Timings.Transfers,
                    cancellable: false,
                    isRetried: e => BackupSteps.IsWorthAnotherTry(e) || (request.Overwrite && e.Error == WorkflowError.Indeterminate));
                return;
            }
            catch (WorkflowException e) when (e.Error == WorkflowError.TargetNotEmpty && target.Content == InstallationContent.Empty)
            {
                throw new WorkflowException(
                    e.Error,
                    $"{e.Message} It was empty when this operation began: either an attempt whose end was not seen has restored it (all of it, then), or somebody has used it since. Restart the application and look; to restore once more, ask to overwrite (--overwrite).");
            }
            catch (WorkflowException e) when (e.Error == WorkflowError.Indeterminate)
            {
                failure = e;
            }

            if (target.Content != InstallationContent.Empty || lost == MaxLostAnswers || !await IsStillEmptyAsync(run, request))
            {
                throw new WorkflowException(
                    failure.Error,
                    $"{failure.Message} Installation {request.Target} is either as it was or restored, never in between. Restart the application and look before restoring again.");
            }
        }
    }

    /// <summary>Whether a target that was empty still is: then nothing was applied, since a restore is applied whole.</summary>
    private static async Task<bool> IsStillEmptyAsync(OperationRun run, RestoreInput request)
    {
        try
        {
            var now = await BackupSteps.WaitReadyAsync(run, request.Target, run.Timings.ReadyTimeout, "what became of it");
            return now.Content is InstallationContent.Empty or InstallationContent.HoldsObjects;
        }
        catch (WorkflowException)
        {
            // Not being told is an answer too: the first failure is what the operator has to know.
            return false;
        }
    }

    internal static async Task<RestartOutput> RestartAsync(OperationRun run, RestoreInput request, BackupRecord record)
    {
        try
        {
            return await RestartSteps.RestartAsync(run, request.Target);
        }
        catch (WorkflowException e)
        {
            throw new WorkflowException(
                e.Error,
                $"{record.Key} was restored into {request.Target}, but the application is not back: {e.Message} Do not restore again; restart the application.");
        }
    }

    internal static async Task LookAgainAsync(OperationRun run, RestoreInput request, BackupRecord record)
    {
        var after = await run.StepAsync(
            "look again", WorkflowActivities.AskInstallation, new InstallationInput(request.Target), run.Timings.Calls, a => a.Detail);
        if (after.Content == InstallationContent.Empty)
        {
            throw new WorkflowException(
                WorkflowError.Internal, $"Installation {request.Target} confirmed the restore of {record.Key} and still says that it is empty.");
        }

        if (after.ProductVersion is not null && record.ProductVersion is not null && after.ProductVersion != record.ProductVersion)
        {
            run.Warn($"The backup was taken from product version {record.ProductVersion}; {request.Target} runs {after.ProductVersion}.");
        }
    }
}
