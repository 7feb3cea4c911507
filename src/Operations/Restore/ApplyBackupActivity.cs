using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Restore;

/// <summary>
/// Streams a backup from the store into an installation, which applies all of it or nothing. Run again after a crash it finds the target as it was,
/// or restored: then, unless overwriting was asked for, the installation refuses.
/// </summary>
internal sealed class ApplyBackupActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, OperationTelemetry telemetry, TimeProvider time, ActivityServices services)
    : OperationActivity<ApplyInput, ApplyOutput>(services)
{
    public static readonly ActivityName<ApplyInput, ApplyOutput> Call = new("ApplyBackup");

    protected override string? InstallationOf(ApplyInput input) => input.Target;

    protected override bool Changes(ApplyInput input) => true;

    private protected override async Task<ApplyOutput> RunAsync(ActivityRun run, ApplyInput input, CancellationToken cancellationToken)
    {
        var installation = installations.GetInstallation(input.Target);
        var password = await secrets.GetAsync(input.Password, cancellationToken);
        await using var data = await store.OpenDataAsync(input.Key, 0, null, cancellationToken);
        await using var counted = new ProgressStream(data, new TransferProgress(run, input.Target, "restore", input.Size, telemetry, time));
        var options = new RestoreOptions(run.OperationId) { Overwrite = input.Overwrite, NotValid = input.NotValid ?? [] };
        await installation.RestoreAsync(counted, password.Reveal(), options, cancellationToken);
        return new ApplyOutput(time.GetUtcNow());
    }
}
