using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Backup;

/// <summary>
/// Streams a backup from an installation into the store. Every run takes a key of its own: what an interrupted run left, committed or not, is an
/// orphan that nothing refers to, and never in the way.
/// </summary>
internal sealed class StreamBackupActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, OperationTelemetry telemetry, TimeProvider time, ActivityServices services)
    : OperationActivity<StreamInput, StreamOutput>(services)
{
    public static readonly ActivityName<StreamInput, StreamOutput> Call = new("StreamBackup");

    protected override string? InstallationOf(StreamInput input) => input.Installation;

    private protected override async Task<StreamOutput> RunAsync(ActivityRun run, StreamInput input, CancellationToken cancellationToken)
    {
        var installation = installations.GetInstallation(input.Installation);
        var password = await secrets.GetAsync(input.Password, cancellationToken);
        var started = time.GetUtcNow();
        var key = BackupKey.Create(input.Installation, started, Guid.NewGuid());

        // Open the store first: do not request gigabytes that cannot be stored.
        await using var upload = await store.BeginUploadAsync(key, cancellationToken);
        var estimate = await FindLastSizeAsync(input.Installation, cancellationToken);
        var called = time.GetTimestamp();
        BackupContent content;
        string format;
        byte[] head;
        try
        {
            await using var source = await installation.BackupAsync(password.Reveal(), input.SkipObjectStorage, cancellationToken);
            var sniffed = new SniffingStream(source, OpaqueBlob.HeadLength);
            content = await upload.WriteAsync(
                sniffed,
                new TransferProgress(run, input.Installation, "stream", null, telemetry, time, estimate),
                cancellationToken);
            format = BlobFormat.Detect(sniffed.Head);
            head = sniffed.Head.ToArray();
        }
        finally
        {
            telemetry.SourceDuration.Record(time.GetElapsedTime(called).TotalSeconds, OperationTelemetry.Installation(input.Installation));
        }

        if (content.Size == 0)
        {
            throw new OperationException(
                OperationError.Incomplete, $"Installation {input.Installation} answered the backup request successfully but sent no data.");
        }

        if (format == BackupFormat.Opaque)
        {
            await OpaqueBlob.CheckAsync(input.Installation, head, content.Size, !input.SkipObjectStorage, input.AcceptSmaller, store, cancellationToken);
        }

        await upload.CommitAsync(cancellationToken);
        var elapsed = time.GetElapsedTime(called);
        telemetry.Bytes.Record(content.Size, OperationTelemetry.Installation(input.Installation));
        if (elapsed > TimeSpan.Zero)
        {
            telemetry.Throughput.Record(content.Size / elapsed.TotalSeconds, OperationTelemetry.Installation(input.Installation));
        }

        return new StreamOutput(key, started, time.GetUtcNow(), content.Size, content.Sha256, format);
    }

    // The length is unknown until the end; the previous backup's is an estimate for display.
    private async Task<long?> FindLastSizeAsync(string installation, CancellationToken cancellationToken)
    {
        long? size = null;
        try
        {
            await foreach (var record in store.ListAsync(installation, cancellationToken))
            {
                size = record.Size;
            }
        }
        catch (OperationException)
        {
            // Not worth failing the backup.
        }

        return size;
    }
}
