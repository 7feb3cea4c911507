using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Backup;

/// <summary>Writes the record. Publishing the same record again is publishing it once.</summary>
internal sealed class PublishActivity(IBackupStore store, ActivityServices services)
    : OperationActivity<BackupRecord, Unit>(services)
{
    public static readonly ActivityName<BackupRecord, Unit> Call = new("Publish");

    protected override string? InstallationOf(BackupRecord input) => input.Key.Installation;

    protected override bool Changes(BackupRecord input) => true;

    private protected override async Task<Unit> RunAsync(ActivityRun run, BackupRecord input, CancellationToken cancellationToken)
    {
        await store.PublishAsync(input, cancellationToken);
        return new Unit();
    }
}
