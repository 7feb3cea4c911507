using TfeBackup.Operations.Ports;

namespace TfeBackup.Operations.Steps;

/// <summary>Asks an installation how it is.</summary>
internal sealed class AskInstallationActivity(IInstallationProvider installations, ActivityServices services)
    : OperationActivity<InstallationInput, InstallationAnswer>(services)
{
    public static readonly ActivityName<InstallationInput, InstallationAnswer> Call = new("AskInstallation");

    protected override string? InstallationOf(InstallationInput input) => input.Installation;

    private protected override async Task<InstallationAnswer> RunAsync(ActivityRun run, InstallationInput input, CancellationToken cancellationToken)
    {
        var status = await installations.GetInstallation(input.Installation).GetStatusAsync(cancellationToken);
        return new InstallationAnswer(status.Ready, status.Detail, status.Content, status.ProductVersion, status.FreeBytes);
    }
}
