using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Verification;

/// <summary>Checks a published backup and leaves a record of the check, whichever way it went; part of a check, and of a restore.</summary>
internal static class VerifySteps
{
    public static async Task<CheckRecord> CheckAsync(OperationRun run, BackupRecord record)
    {
        try
        {
            var verified = await run.StepAsync(
                "verify",
                WorkflowActivities.VerifyBlob,
                new VerifyBlobInput(record.Key, record.Size, record.Sha256, record.Format, record.Password),
                run.Timings.Transfers,
                output => BackupSteps.Describe(output.Verification));
            return await RecordAsync(run, record, new CheckRecord
            {
                Time = run.Context.CurrentUtc,
                OperationId = run.Context.InstanceId,
                Passed = true,
                Verification = verified.Verification,
            });
        }
        catch (WorkflowException e) when (ConcernsTheBackup(e))
        {
            await RecordAsync(run, record, new CheckRecord
            {
                Time = run.Context.CurrentUtc,
                OperationId = run.Context.InstanceId,
                Passed = false,
                Failure = OperationRun.Shorten($"{e.Error}: {e.Message}", 2_000),
            });
            throw;
        }
    }

    /// <summary>Whether a failure says something about the backup; a store that does not answer says nothing.</summary>
    public static bool ConcernsTheBackup(WorkflowException failure) =>
        failure.Error is WorkflowError.Corrupt or WorkflowError.WrongPassword;

    /// <summary>Leaves a check with its backup; that it cannot be left is a warning.</summary>
    public static async Task<CheckRecord> RecordAsync(OperationRun run, BackupRecord record, CheckRecord check)
    {
        try
        {
            await run.StepAsync(
                "record check", WorkflowActivities.AddCheck, new AddCheckInput(record.Key, check), run.Timings.Calls, cancellable: false);
        }
        catch (WorkflowException e)
        {
            run.Warn($"The check's outcome could not be written to the store: {e.Message}");
        }

        return check;
    }
}
