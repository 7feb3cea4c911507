using TfeBackup.Archive;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Verify;

/// <summary>
/// Reads a backup back from the store, whole. Its size and SHA-256 are compared with the stream's; if it is our own format it is decrypted too, and
/// every entry compared with the manifest.
/// </summary>
internal sealed class VerifyBlobActivity(ISecretSource secrets, IBackupStore store, OperationTelemetry telemetry, TimeProvider time, ActivityServices services)
    : OperationActivity<VerifyBlobInput, VerifyBlobOutput>(services)
{
    public static readonly ActivityName<VerifyBlobInput, VerifyBlobOutput> Call = new("VerifyBlob");

    protected override string? InstallationOf(VerifyBlobInput input) => input.Key.Installation;

    private protected override async Task<VerifyBlobOutput> RunAsync(ActivityRun run, VerifyBlobInput input, CancellationToken cancellationToken)
    {
        var (started, installation) = (time.GetTimestamp(), input.Key.Installation);
        try
        {
            var output = await VerifyAsync(run, input, cancellationToken);
            telemetry.Verification.Add(1, OperationTelemetry.Installation(installation), OperationTelemetry.Outcome(null));
            telemetry.Events.BackupVerified(
                run.OperationId, input.Key.ToString(), installation, input.Format, input.Size, time.GetElapsedTime(started).TotalSeconds);
            return output;
        }
        catch (OperationException e) when (VerifySteps.ConcernsTheBackup(e))
        {
            telemetry.Verification.Add(1, OperationTelemetry.Installation(installation), OperationTelemetry.Outcome(e.Error));
            telemetry.Events.VerificationFailed(run.OperationId, input.Key.ToString(), installation, e.Error, e.Message);
            throw;
        }
    }

    // Small enough for an orchestration history.
    private const int MostRemarks = 100;

    private async Task<VerifyBlobOutput> VerifyAsync(ActivityRun run, VerifyBlobInput input, CancellationToken cancellationToken)
    {
        var stored = await store.FindDataAsync(input.Key, cancellationToken)
            ?? throw new OperationException(OperationError.Corrupt, $"{input.Key}: its data is missing from {store.Description}.");
        if (stored.Size != input.Size)
        {
            throw new OperationException(
                OperationError.Corrupt, $"{input.Key}: {store.Description} holds {stored.Size} bytes; expected {input.Size}, as streamed.");
        }

        await using var data = await store.OpenDataAsync(input.Key, 0, null, cancellationToken);
        await using var hashing = new HashingStream(
            data, new TransferProgress(run, input.Key.Installation, "verify", input.Size, telemetry, time));
        var archive = input.Format == BackupFormat.Archive
            ? await ReadArchiveAsync(input, hashing, cancellationToken)
            : null;

        // The remainder; all of it if the format is opaque.
        await hashing.CopyToAsync(Stream.Null, cancellationToken);
        var sha256 = hashing.Sha256();
        if (hashing.Count != input.Size || sha256 != input.Sha256)
        {
            throw new OperationException(
                OperationError.Corrupt,
                $"{input.Key}: read {hashing.Count} bytes with SHA-256 {sha256} from {store.Description}; expected {input.Size} bytes with SHA-256 {input.Sha256}, as streamed.");
        }

        var verification = new BackupVerification
        {
            Method = input.Format,
            Finished = time.GetUtcNow(),
            Size = hashing.Count,
            Sha256 = sha256,
            Rows = archive?.Summary.Rows,
            Objects = archive?.Summary.Objects,
            ObjectBytes = archive?.Summary.ObjectBytes,
            Vanished = archive?.Summary.Vanished,
            Changed = archive?.Summary.Changed is > 0 and var changed ? changed : null,
            Columns = archive is { Columns.Count: > 0 } ? [.. archive.Value.Columns.Take(MostRemarks)] : null,
            Broken = archive is { Broken.Count: > 0 } ? [.. archive.Value.Broken.Take(MostRemarks)] : null,
        };
        return new VerifyBlobOutput(
            verification, archive?.Info.ObjectsIncluded, archive?.Info.ProductVersion, archive?.Info.PostgresVersion);
    }

    private async Task<(ArchiveSummary Summary, BackupInfo Info, IReadOnlyList<ArchiveColumn> Columns, IReadOnlyList<string> Broken)?> ReadArchiveAsync(
        VerifyBlobInput input, Stream data, CancellationToken cancellationToken)
    {
        var password = await secrets.GetAsync(input.Password, cancellationToken);
        try
        {
            await using var reader = await ArchiveReader.OpenAsync(data, password.Reveal(), null, cancellationToken);
            return (await ArchiveVerifier.VerifyAsync(reader, cancellationToken), reader.Info, reader.Columns, reader.Broken);
        }
        catch (ArchiveException e)
        {
            throw new OperationException(FailureTable.Of(e.Error), $"{input.Key}: {e.Message} (password: secret {input.Password})", e);
        }
    }
}
