using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Telemetry;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows.Restores;

/// <summary>
/// Streams a backup from the store into an installation, which applies all of it or nothing. Run again after a crash it finds the target as it was,
/// or restored: then, unless overwriting was asked for, the installation refuses.
/// </summary>
internal sealed class ApplyBackupActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, WorkflowTelemetry telemetry, TimeProvider time)
    : Activity<ApplyInput, ApplyOutput>(WorkflowActivities.ApplyBackup)
{
    protected override async Task<ApplyOutput> RunAsync(IActivityContext context, ApplyInput input, CancellationToken cancellationToken)
    {
        var installation = installations.GetInstallation(input.Target);
        var password = await secrets.GetAsync(input.Password, cancellationToken);
        await using var data = await store.OpenDataAsync(input.Key, 0, null, cancellationToken);
        await using var counted = new HashingStream(data, new TransferProgress(context, input.Target, "restore", input.Size, telemetry, time));
        await installation.RestoreAsync(counted, password.Reveal(), input.Overwrite, cancellationToken);
        return new ApplyOutput(time.GetUtcNow());
    }
}
