using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Operations.Restore;

/// <summary>
/// Restores a backup: resolve it and its password's version, verify it, check the target, wait for approval where asked, back up what would be
/// overwritten, restore, restart, wait until ready, look again. Until the restore itself nothing of the target changes.
/// </summary>
public sealed class RestoreOrchestrator : OperationOrchestrator<RestoreInput, RestoreOutput>
{
    /// <summary>The name it is started by.</summary>
    public const string OrchestrationName = "Restore";

    internal const string TargetStillReady = "target still ready";

    private const string TargetReady = "target ready";

    // Do not resend a restore whose response keeps getting lost.
    private const int MaxLostAnswers = 2;

    /// <inheritdoc/>
    protected override OperationKind Kind => OperationKind.Restore;

    /// <inheritdoc/>
    protected override string InstallationOf(RestoreInput input) => input.Target;

    private protected override async Task<RestoreOutput> RunAsync(OperationRun run, RestoreInput input)
    {
        run.Target = TargetState.Unchanged;
        await run.ClaimAsync(OperationResources.Installation(input.Target), exclusive: true);
        var plan = await run.StepAsync(
            "plan", PlanRestoreActivity.Call, new RestorePlanInput(input.Backup, input.Target), run.Timings.Calls,
            p => $"{p.Record.Key} of {p.Record.Started:yyyy-MM-dd HH:mm} UTC, password {p.Record.Password}");
        run.Use(plan.Record, plan.Note, plan.Timings);
        if (plan.Facts is { } facts)
        {
            run.Words = facts.Words;
            run.Plan = RestorePlanner.Describe(input, plan.Record, plan.Note, facts, run.Now);
        }

        await run.ClaimAsync(OperationResources.Backup(plan.Record.Key), exclusive: false);
        if (plan.Facts is not null)
        {
            // Fail early: reading the backup may take hours.
            _ = await CheckTargetAsync(run, input, plan.Record);
        }

        await VerifySteps.CheckAsync(run, plan.Record);
        var target = await CheckTargetAsync(run, input, plan.Record, plan.Facts is null ? TargetReady : TargetStillReady);
        if (input.RequireApproval)
        {
            await WaitForApprovalAsync(run, input, plan.Record, target);
            if (plan.Facts is not null)
            {
                // Approval may take a day; the target may have been filled meanwhile.
                target = await CheckTargetAsync(run, input, plan.Record, TargetStillReady);
            }
        }

        var safety = target.Content == InstallationContent.Empty ? null : await TakeSafetyBackupAsync(run, input);
        await ApplyAsync(run, input, plan.Record, target);
        var restart = await RestartAsync(run, input, plan.Record);
        await LookAgainAsync(run, input, plan.Record);
        return new RestoreOutput(plan.Record.Key, input.Target, safety?.Key, restart, input.NotValid);
    }

    internal static async Task<InstallationAnswer> CheckTargetAsync(OperationRun run, RestoreInput input, BackupRecord record, string step = TargetReady)
    {
        var target = await InstallationSteps.WaitReadyAsync(run, input.Target, run.Timings.ReadyTimeout, step);
        var (content, refusal) = RestorePlanner.Judge(input, record, target, run.Words);
        if (refusal is not null)
        {
            throw refusal.ToException();
        }

        if (content != target.Content && input.TargetIsEmpty)
        {
            run.Warn($"Installation {input.Target} does not report its content; it was assumed to be empty, as declared.");
        }

        return target with { Content = content };
    }

    private static async Task WaitForApprovalAsync(
        OperationRun run, RestoreInput input, BackupRecord record, InstallationAnswer target)
    {
        var message = $"Approve restoring {record.Key} (taken {record.Started:yyyy-MM-dd HH:mm} UTC) into {input.Target}, which "
            + target.Content switch
            {
                InstallationContent.Empty => "is empty.",
                InstallationContent.HoldsData => "holds data that will be replaced.",
                _ => "may hold data that will be replaced.",
            };
        var decision = await run.WaitForOperatorAsync<ApprovalDecision>("approval", message, OperationEvents.Approval, run.Timings.ApprovalDeadline)
            ?? throw new OperationException(
                OperationError.TimedOut,
                $"Not approved within {Text.Duration(run.Timings.ApprovalDeadline)}; nothing was changed.");
        if (!decision.Approved)
        {
            throw new OperationException(
                OperationError.Refused,
                $"{decision.By ?? "An operator"} declined{(decision.Comment is null ? "" : $": {decision.Comment}")}; nothing was changed.");
        }
    }

    private static async Task<BackupRecord?> TakeSafetyBackupAsync(OperationRun run, RestoreInput input)
    {
        if (input.NoSafetyBackup is not null)
        {
            run.Warn($"The data of {input.Target} was replaced without a safety backup, as asked.");
            return null;
        }

        const string Prefix = "safety backup: ";
        try
        {
            var plan = await run.StepAsync(
                Prefix + "plan", PlanBackupActivity.Call, new InstallationInput(input.Target), run.Timings.Calls);

            // A safety backup is always complete, whatever the installation's own backups skip.
            return await BackupSteps.TakeAsync(run, Prefix, input.Target, plan with { SkipObjectStorage = false }, BackupPurpose.Safety);
        }
        catch (OperationException e) when (e.Error != OperationError.Cancelled)
        {
            throw new OperationException(
                e.Error,
                $"The safety backup of {input.Target} failed, so nothing was changed: {e.Message} If none can be taken and the data of {input.Target} may be lost, restore with {run.Words.NoSafetyBackup} {input.Target}.",
                e);
        }
    }

    internal static async Task ApplyAsync(OperationRun run, RestoreInput input, BackupRecord record, InstallationAnswer target)
    {
        run.ThrowIfCancelled();
        for (var lost = 1; ; lost++)
        {
            run.Target = TargetState.Unknown;
            OperationException failure;
            try
            {
                await run.StepAsync(
                    "restore",
                    ApplyBackupActivity.Call,
                    new ApplyInput(input.Target, record.Key, record.Size, record.Password, input.Overwrite, input.NotValid),
                    run.Timings.Transfers,
                    onCancel: OnCancel.Finish,
                    isRetried: e => InstallationSteps.IsWorthAnotherTry(e) || (input.Overwrite && e.Error == OperationError.Indeterminate));
                run.Target = TargetState.Restored;
                if (input.NotValid is not null)
                {
                    run.Warn($"Put back NOT VALID in {input.Target}, as asked: {string.Join(", ", input.NotValid)}.");
                }

                return;
            }
            catch (OperationException e) when (e.Error is OperationError.Indeterminate or OperationError.TargetNotEmpty or OperationError.Refused or OperationError.Cancelled)
            {
                failure = e;
            }
            catch (OperationException e) when (e.Error != OperationError.Internal)
            {
                // Restores are atomic: a refused one changed nothing.
                run.Target = TargetState.Unchanged;
                if (e.Message.Contains("\"not_valid\"", StringComparison.Ordinal))
                {
                    throw new OperationException(e.Error, $"{e.Message} Here that is asked for by {run.Words.NotValid}.", e);
                }

                throw;
            }

            switch (await FindOutcomeAsync(run, input))
            {
                case RestoreOutcome.Applied:
                    run.Target = TargetState.Restored;
                    run.Warn($"The response to the restore was lost; {input.Target} reports that it was applied.");
                    return;
                case RestoreOutcome.NotApplied:
                    run.Target = TargetState.Unchanged;
                    if (failure.Error == OperationError.Indeterminate && lost < MaxLostAnswers && !run.IsCancelled)
                    {
                        continue;
                    }

                    throw failure;
            }

            if (failure.Error is OperationError.TargetNotEmpty or OperationError.Refused)
            {
                // A service that gives no reason may be refusing because it holds data by now.
                var isFilled = target.Content == InstallationContent.Empty
                    && (failure.Error == OperationError.TargetNotEmpty || !await IsStillEmptyAsync(run, input));
                run.Target = isFilled ? TargetState.Unknown : TargetState.Unchanged;
                throw !isFilled
                    ? failure
                    : new OperationException(
                        OperationError.TargetNotEmpty,
                        $"{failure.Message} It was empty when this operation began: either an earlier attempt restored it completely, or it has been used since. Restart the application and inspect it; to restore again, use {run.Words.Overwrite}.");
            }

            if (failure.Error == OperationError.Cancelled)
            {
                throw new OperationException(
                    failure.Error,
                    $"{failure.Message} {input.Target} does not report whether an earlier attempt was applied: it is either unchanged or completely restored. Inspect it first.");
            }

            if (target.Content != InstallationContent.Empty || lost == MaxLostAnswers || run.IsCancelled || !await IsStillEmptyAsync(run, input))
            {
                throw new OperationException(
                    failure.Error,
                    $"{failure.Message} Installation {input.Target} is either unchanged or completely restored. Restart the application and inspect it before restoring again.");
            }
        }
    }

    /// <summary>Asks the target what became of the restore, until it has ended; of no use with services that remember none.</summary>
    private static async Task<RestoreOutcome> FindOutcomeAsync(OperationRun run, RestoreInput input)
    {
        try
        {
            return await run.StepAsync<RestoreOutcome>("restore result", outcome => $"{outcome}", OnCancel.Ignore, async step =>
            {
                while (true)
                {
                    var answer = await run.CallAsync(
                        AskRestoreActivity.Call, new InstallationInput(input.Target), run.Timings.Calls, step, OnCancel.Ignore);
                    if (answer.Outcome != RestoreOutcome.Running)
                    {
                        return answer.Outcome;
                    }

                    run.Note(step, $"{input.Target} is still restoring.");
                    await run.PauseAsync(run.Timings.PollInterval, OnCancel.Ignore);
                }
            });
        }
        catch (OperationException)
        {
            // Swallowed: the operator needs the first failure, not this one.
            return RestoreOutcome.Unknown;
        }
    }

    /// <summary>Checks that a target that was empty still is: then nothing was applied, since a restore is applied whole.</summary>
    private static async Task<bool> IsStillEmptyAsync(OperationRun run, RestoreInput input)
    {
        try
        {
            var now = await InstallationSteps.WaitReadyAsync(run, input.Target, run.Timings.ReadyTimeout, "restore result");
            return now.Content is InstallationContent.Empty or InstallationContent.HoldsObjects;
        }
        catch (OperationException)
        {
            // Swallowed: the operator needs the first failure, not this one.
            return false;
        }
    }

    internal static async Task<RestartOutput> RestartAsync(OperationRun run, RestoreInput input, BackupRecord record)
    {
        try
        {
            return await RestartSteps.RestartAsync(run, input.Target);
        }
        catch (OperationException e)
        {
            throw new OperationException(
                e.Error,
                $"{record.Key} was restored into {input.Target}, but the application is not back: {e.Message} Do not restore again; restart the application.");
        }
    }

    internal static async Task LookAgainAsync(OperationRun run, RestoreInput input, BackupRecord record)
    {
        var after = await run.StepAsync(
            "look again", AskInstallationActivity.Call, new InstallationInput(input.Target), run.Timings.Calls, a => a.Detail);
        if (after.Content == InstallationContent.Empty)
        {
            throw new OperationException(
                OperationError.Internal, $"Installation {input.Target} confirmed the restore of {record.Key} but still reports that it is empty.");
        }

        if (after.ProductVersion is not null && record.ProductVersion is not null && after.ProductVersion != record.ProductVersion)
        {
            run.Warn($"The backup was taken from product version {record.ProductVersion}; {input.Target} runs {after.ProductVersion}.");
        }
    }
}
