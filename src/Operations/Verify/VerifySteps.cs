using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Verify;

/// <summary>Checks a published backup and leaves a record of the check, whichever way it went; part of a check, and of a restore.</summary>
internal static class VerifySteps
{
    public static async Task<CheckRecord> CheckAsync(OperationRun run, BackupRecord record)
    {
        try
        {
            var verified = await run.StepAsync(
                "verify",
                VerifyBlobActivity.Call,
                new VerifyBlobInput(record.Key, record.Size, record.Sha256, record.Format, record.Password),
                run.Timings.Transfers,
                output => Describe(output.Verification));
            return await RecordAsync(run, record, new CheckRecord
            {
                Time = run.Now,
                OperationId = run.OperationId,
                Passed = true,
                Verification = verified.Verification,
            });
        }
        catch (OperationException e) when (ConcernsTheBackup(e))
        {
            await RecordAsync(run, record, new CheckRecord
            {
                Time = run.Now,
                OperationId = run.OperationId,
                Passed = false,
                Failure = Text.Shorten($"{e.Error}: {e.Message}", 2_000),
            });
            throw;
        }
    }

    /// <summary>Returns true if a failure says something about the backup; a store that does not answer says nothing, nor does a wrong password.</summary>
    public static bool ConcernsTheBackup(OperationException failure) =>
        failure.Error == OperationError.Corrupt;

    /// <summary>Leaves a check with its backup; that it cannot be left is a warning.</summary>
    public static async Task<CheckRecord> RecordAsync(OperationRun run, BackupRecord record, CheckRecord check)
    {
        try
        {
            await run.StepAsync(
                "record check", AddCheckActivity.Call, new AddCheckInput(record.Key, check), run.Timings.Calls, onCancel: OnCancel.Ignore);
        }
        catch (OperationException e)
        {
            run.Warn($"The result of the check could not be recorded in the store: {e.Message}");
        }

        return check;
    }

    public static string Describe(BackupVerification verification) =>
        verification.Method == BackupFormat.Archive
            ? $"{Text.Bytes(verification.Size)} read back, {verification.Rows:N0} rows and {verification.Objects:N0} objects checked"
            : $"{Text.Bytes(verification.Size)} read back, SHA-256 as streamed (opaque: content not checked)";
}
