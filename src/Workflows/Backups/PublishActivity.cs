using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Backups;

/// <summary>Writes the record. Publishing the same record again is publishing it once.</summary>
internal sealed class PublishActivity(IBackupStore store) : Activity<BackupRecord, PublishOutput>(WorkflowActivities.Publish)
{
    protected override async Task<PublishOutput> RunAsync(
        IActivityContext context, BackupRecord input, CancellationToken cancellationToken)
    {
        await store.PublishAsync(input, cancellationToken);
        return new PublishOutput(true);
    }
}
