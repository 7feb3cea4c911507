using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Backups;

/// <summary>
/// Streams a backup from an installation into the store. Every run takes a key of its own: what an interrupted run left, committed or not, is an
/// orphan that nothing refers to, and never in the way.
/// </summary>
internal sealed class StreamBackupActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, TimeProvider time)
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
        await using var source = await installation.BackupAsync(password.Reveal(), input.SkipObjectStorage, cancellationToken);
        var sniffed = new SniffingStream(source, BlobFormat.SignatureLength);
        var content = await upload.WriteAsync(sniffed, new TransferProgress(context, null), cancellationToken);
        if (content.Size == 0)
        {
            throw new WorkflowException(
                WorkflowError.Incomplete, $"Installation {input.Installation} answered the backup request with success and sent nothing.");
        }

        await upload.CommitAsync(cancellationToken);
        return new StreamOutput(
            key, started, time.GetUtcNow(), content.Size, content.Sha256, BlobFormat.Detect(sniffed.Head));
    }
}
