using TfeBackup.Archive;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Workflows.Verification;

/// <summary>
/// Reads a backup back from the store, whole. Its size and SHA-256 are compared with the stream's; if it is our own format it is decrypted too, and
/// every entry compared with the manifest.
/// </summary>
internal sealed class VerifyBlobActivity(ISecretSource secrets, IBackupStore store, WorkflowTelemetry telemetry, TimeProvider time)
    : Activity<VerifyBlobInput, VerifyBlobOutput>(WorkflowActivities.VerifyBlob)
{
    protected override async Task<VerifyBlobOutput> RunAsync(
        IActivityContext context, VerifyBlobInput input, CancellationToken cancellationToken)
    {
        var (started, installation) = (time.GetTimestamp(), input.Key.Installation);
        try
        {
            var output = await VerifyAsync(context, input, cancellationToken);
            telemetry.Verification.Add(1, WorkflowTelemetry.Installation(installation), WorkflowTelemetry.Outcome(null));
            telemetry.Events.BackupVerified(
                context.InstanceId, input.Key.ToString(), installation, input.Format, input.Size, time.GetElapsedTime(started).TotalSeconds);
            return output;
        }
        catch (WorkflowException e) when (VerifySteps.ConcernsTheBackup(e))
        {
            telemetry.Verification.Add(1, WorkflowTelemetry.Installation(installation), WorkflowTelemetry.Outcome(e.Error));
            telemetry.Events.VerificationFailed(context.InstanceId, input.Key.ToString(), installation, e.Error, e.Message);
            throw;
        }
    }

    private async Task<VerifyBlobOutput> VerifyAsync(IActivityContext context, VerifyBlobInput input, CancellationToken cancellationToken)
    {
        var stored = await store.FindDataAsync(input.Key, cancellationToken)
            ?? throw new WorkflowException(WorkflowError.Corrupt, $"{input.Key}: its data is gone from {store.Description}.");
        if (stored.Size != input.Size)
        {
            throw new WorkflowException(
                WorkflowError.Corrupt, $"{input.Key}: {store.Description} has {stored.Size} bytes; {input.Size} were streamed.");
        }

        await using var data = await store.OpenDataAsync(input.Key, 0, null, cancellationToken);
        await using var hashing = new HashingStream(
            data, new TransferProgress(context, input.Key.Installation, "verify", input.Size, telemetry, time));
        var archive = input.Format == BackupFormat.Archive
            ? await ReadArchiveAsync(input, hashing, cancellationToken)
            : null;

        // The rest, which is everything where the format is not ours.
        await hashing.CopyToAsync(Stream.Null, cancellationToken);
        var sha256 = hashing.Sha256();
        if (hashing.Count != input.Size || sha256 != input.Sha256)
        {
            throw new WorkflowException(
                WorkflowError.Corrupt,
                $"{input.Key}: {hashing.Count} bytes with SHA-256 {sha256} were read back from {store.Description}; {input.Size} bytes with SHA-256 {input.Sha256} were streamed.");
        }

        var verification = new BackupVerification
        {
            Method = input.Format,
            Finished = time.GetUtcNow(),
            Size = hashing.Count,
            Sha256 = sha256,
            Rows = archive?.Summary.Rows,
            Objects = archive?.Summary.Objects,
            Vanished = archive?.Summary.Vanished,
        };
        return new VerifyBlobOutput(
            verification, archive?.Info.ObjectsIncluded, archive?.Info.ProductVersion, archive?.Info.PostgresVersion);
    }

    private async Task<(ArchiveSummary Summary, BackupInfo Info)?> ReadArchiveAsync(
        VerifyBlobInput input, Stream data, CancellationToken cancellationToken)
    {
        var password = await secrets.GetAsync(input.Password, cancellationToken);
        try
        {
            await using var reader = await ArchiveReader.OpenAsync(data, password.Reveal(), null, cancellationToken);
            while (await reader.ReadAsync(cancellationToken) is not null)
            {
                // Going on reads and checks what was not read of the entry before.
            }

            return (reader.Summary, reader.Info);
        }
        catch (ArchiveException e)
        {
            throw new WorkflowException(Category(e.Error), $"{input.Key}: {e.Message} (password: secret {input.Password})", e);
        }
    }

    /// <summary>What an archive's failure is to an operation.</summary>
    public static WorkflowError Category(ArchiveError error) => error switch
    {
        ArchiveError.WrongPassword => WorkflowError.WrongPassword,
        ArchiveError.Corrupt => WorkflowError.Corrupt,
        ArchiveError.Unsupported => WorkflowError.Unsupported,
        _ => WorkflowError.InvalidRequest,
    };
}
