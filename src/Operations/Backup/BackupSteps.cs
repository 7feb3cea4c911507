using TfeBackup.Operations.Model;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Operations.Backup;

/// <summary>The steps that make one published backup; part of a backup, and of a restore that overwrites.</summary>
internal static class BackupSteps
{
    // A backup that does not read back as sent is taken once more: two transfer faults in a row are unlikely.
    private const int MaxStreams = 2;

    /// <summary>Streams, verifies and publishes.</summary>
    /// <param name="run">The operation.</param>
    /// <param name="prefix">Before the steps' names: empty, or "safety backup: ".</param>
    /// <param name="installation">Of which installation.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="purpose">Why.</param>
    /// <param name="acceptSmaller">True if an opaque one may be much smaller than the one before.</param>
    public static async Task<BackupRecord> TakeAsync(
        OperationRun run, string prefix, string installation, BackupPlan plan, BackupPurpose purpose, bool acceptSmaller = false)
    {
        for (var streams = 1; ; streams++)
        {
            var stream = await run.StepAsync(
                prefix + "stream",
                StreamBackupActivity.Call,
                new StreamInput(installation, plan.Password, plan.SkipObjectStorage, acceptSmaller),
                run.Timings.Transfers,
                output => $"{output.Key}, {Text.Bytes(output.Size)}, {output.Format}",
                isRetried: InstallationSteps.IsWorthAnotherTry);
            VerifyBlobOutput verified;
            try
            {
                verified = await run.StepAsync(
                    prefix + "verify",
                    VerifyBlobActivity.Call,
                    new VerifyBlobInput(stream.Key, stream.Size, stream.Sha256, stream.Format, plan.Password),
                    run.Timings.Transfers,
                    output => VerifySteps.Describe(output.Verification));
            }
            catch (OperationException e) when (e.Error == OperationError.Corrupt && streams < MaxStreams)
            {
                run.Warn($"{stream.Key} was stored and did not verify, so it is not published; taking another. {e.Message}");
                continue;
            }

            var record = new BackupRecord
            {
                Key = stream.Key,
                Format = stream.Format,
                Purpose = purpose,
                OperationId = run.OperationId,
                Started = stream.Started,
                Finished = stream.Finished,
                Size = stream.Size,
                Sha256 = stream.Sha256,
                Password = plan.Password,
                ObjectsIncluded = verified.ObjectsIncluded ?? !plan.SkipObjectStorage,
                ProductVersion = verified.ProductVersion,
                PostgresVersion = verified.PostgresVersion,
                Verification = verified.Verification,
            };
            await run.StepAsync(
                prefix + "publish", PublishActivity.Call, record, run.Timings.Calls, _ => record.Key.ToString(), OnCancel.Finish);
            if (verified.Verification.Vanished > 0)
            {
                run.Warn($"{record.Key}: {verified.Verification.Vanished} objects were deleted during the backup; its manifest lists them.");
            }

            if (verified.Verification.Changed > 0)
            {
                run.Warn($"{record.Key}: {verified.Verification.Changed} objects were modified while being read; its manifest lists them.");
            }

            if (verified.Verification.Broken is { Count: > 0 } broken)
            {
                run.Warn($"{record.Key}: rows violate constraints that are marked valid. Repair them: a restore must be told to restore these as NOT VALID, and cannot restore UNIQUE ones: {string.Join(", ", broken)}.");
            }

            if (verified.Verification.Columns?.Where(column => column is { Decrypted: 0, Plain: > 0 }).ToList() is { Count: > 0 } plain)
            {
                run.Warn($"{record.Key}: columns configured as encrypted held no ciphertext: {string.Join(", ", plain.Select(column => column.Name))}.");
            }

            return record;
        }
    }
}
