using System.Globalization;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows.Backups;

/// <summary>The steps that make one published backup; part of a backup, and of a restore that overwrites.</summary>
internal static class BackupSteps
{
    // A backup that does not read back as it was sent is taken once more: a fault on the way is likelier than two of them.
    private const int MaxStreams = 2;

    /// <summary>Waits until an installation is ready.</summary>
    public static async Task<InstallationAnswer> WaitReadyAsync(OperationRun run, string installation, TimeSpan patience, string step = "ready")
    {
        var deadline = run.Context.CurrentUtc + patience;
        return await run.StepAsync<InstallationAnswer>(step, answer => answer.Detail, cancellable: true, async number =>
        {
            while (true)
            {
                var answer = await run.Context.CallActivityAsync(
                    WorkflowActivities.AskInstallation, new InstallationInput(installation), run.Timings.Calls,
                    (e, again) => run.Retrying(number, e.Message, again));
                if (answer.Ready)
                {
                    return answer;
                }

                if (run.Context.CurrentUtc >= deadline)
                {
                    throw new WorkflowException(
                        WorkflowError.TimedOut,
                        $"Installation {installation} was not ready within {Minutes(patience)} minutes; the last answer was: {answer.Detail}");
                }

                run.Note(number, answer.Detail);
                await run.PauseAsync(run.Timings.PollInterval);
            }
        });
    }

    /// <summary>Streams, verifies and publishes.</summary>
    /// <param name="run">The operation.</param>
    /// <param name="prefix">Before the steps' names: empty, or "safety backup: ".</param>
    /// <param name="installation">Of which installation.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="purpose">Why.</param>
    public static async Task<BackupRecord> TakeAsync(
        OperationRun run, string prefix, string installation, BackupPlan plan, BackupPurpose purpose)
    {
        for (var streams = 1; ; streams++)
        {
            var stream = await run.StepAsync(
                prefix + "stream",
                WorkflowActivities.StreamBackup,
                new StreamInput(installation, plan.Password, plan.SkipObjectStorage),
                run.Timings.Transfers,
                output => $"{output.Key}, {Bytes(output.Size)}, {output.Format}",
                isRetried: IsWorthAnotherTry);
            VerifyBlobOutput verified;
            try
            {
                verified = await run.StepAsync(
                    prefix + "verify",
                    WorkflowActivities.VerifyBlob,
                    new VerifyBlobInput(stream.Key, stream.Size, stream.Sha256, stream.Format, plan.Password),
                    run.Timings.Transfers,
                    output => Describe(output.Verification));
            }
            catch (WorkflowException e) when (e.Error == WorkflowError.Corrupt && streams < MaxStreams)
            {
                run.Warn($"{stream.Key} was stored and did not verify, so it is not published; taking another. {e.Message}");
                continue;
            }

            var record = new BackupRecord
            {
                Key = stream.Key,
                Format = stream.Format,
                Purpose = purpose,
                OperationId = run.Context.InstanceId,
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
                prefix + "publish", WorkflowActivities.Publish, record, run.Timings.Calls, _ => record.Key.ToString(), cancellable: false);
            if (verified.Verification.Vanished > 0)
            {
                run.Warn($"{record.Key}: {verified.Verification.Vanished} objects vanished while it was being taken; its manifest names them.");
            }

            return record;
        }
    }

    /// <summary>
    /// Transient failures, and a service that is busy: after a crash it may still be at work on the request that was cut off.
    /// </summary>
    public static bool IsWorthAnotherTry(WorkflowException failure) => failure.IsTransient || failure.Error == WorkflowError.Busy;

    public static string Describe(BackupVerification verification) =>
        verification.Method == BackupFormat.Archive
            ? $"{Bytes(verification.Size)} read back, {verification.Rows:N0} rows and {verification.Objects:N0} objects checked"
            : $"{Bytes(verification.Size)} read back, SHA-256 as streamed (opaque: its content cannot be checked)";

    public static string Bytes(long size) => $"{size.ToString("N0", CultureInfo.InvariantCulture)} bytes";

    public static string Minutes(TimeSpan time) => time.TotalMinutes.ToString("0.#", CultureInfo.InvariantCulture);
}
