using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Backups;

/// <summary>Asks an installation how it is.</summary>
internal sealed class AskInstallationActivity(IInstallationProvider installations)
    : Activity<InstallationInput, InstallationAnswer>(WorkflowActivities.AskInstallation)
{
    protected override async Task<InstallationAnswer> RunAsync(
        IActivityContext context, InstallationInput input, CancellationToken cancellationToken)
    {
        var status = await installations.GetInstallation(input.Installation).GetStatusAsync(cancellationToken);
        return new InstallationAnswer(status.Ready, status.Detail, status.Content, status.ProductVersion);
    }
}
