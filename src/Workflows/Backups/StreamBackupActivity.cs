using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Workflows.Backups;

/// <summary>
/// Streams a backup from an installation into the store. Every run takes a key of its own: what an interrupted run left, committed or not, is an
/// orphan that nothing refers to, and never in the way.
/// </summary>
internal sealed class StreamBackupActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, WorkflowTelemetry telemetry, TimeProvider time)
    : Activity<StreamInput, StreamOutput>(WorkflowActivities.StreamBackup)
{
    protected override async Task<StreamOutput> RunAsync(
        IActivityContext context, StreamInput input, CancellationToken cancellationToken)
    {
        var installation = installations.GetInstallation(input.Installation);
        var password = await secrets.GetAsync(input.Password, cancellationToken);
        var started = time.GetUtcNow();
        var key = BackupKey.Create(input.Installation, started, Guid.NewGuid());

        // The store first: an installation is not asked for gigabytes that nobody can take.
        await using var upload = await store.BeginUploadAsync(key, cancellationToken);
        var called = time.GetTimestamp();
        BackupContent content;
        string format;
        try
        {
            await using var source = await installation.BackupAsync(password.Reveal(), input.SkipObjectStorage, cancellationToken);
            var sniffed = new SniffingStream(source, BlobFormat.SignatureLength);
            content = await upload.WriteAsync(
                sniffed, new TransferProgress(context, input.Installation, "stream", null, telemetry, time), cancellationToken);
            format = BlobFormat.Detect(sniffed.Head);
        }
        finally
        {
            telemetry.SourceDuration.Record(time.GetElapsedTime(called).TotalSeconds, WorkflowTelemetry.Installation(input.Installation));
        }

        if (content.Size == 0)
        {
            throw new WorkflowException(
                WorkflowError.Incomplete, $"Installation {input.Installation} answered the backup request with success and sent nothing.");
        }

        await upload.CommitAsync(cancellationToken);
        var elapsed = time.GetElapsedTime(called);
        telemetry.Bytes.Record(content.Size, WorkflowTelemetry.Installation(input.Installation));
        if (elapsed > TimeSpan.Zero)
        {
            telemetry.Throughput.Record(content.Size / elapsed.TotalSeconds, WorkflowTelemetry.Installation(input.Installation));
        }

        return new StreamOutput(key, started, time.GetUtcNow(), content.Size, content.Sha256, format);
    }
}
