using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Restore;

/// <summary>Asks an installation what became of a restore that the operation has asked for.</summary>
internal sealed class AskRestoreActivity(IInstallationProvider installations, ActivityServices services)
    : OperationActivity<InstallationInput, AskRestoreOutput>(services)
{
    public static readonly ActivityName<InstallationInput, AskRestoreOutput> Call = new("AskRestore");

    protected override string? InstallationOf(InstallationInput input) => input.Installation;

    private protected override async Task<AskRestoreOutput> RunAsync(ActivityRun run, InstallationInput input, CancellationToken cancellationToken) =>
        new(await installations.GetInstallation(input.Installation).FindRestoreAsync(run.OperationId, cancellationToken));
}
