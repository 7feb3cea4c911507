using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Restarts;

/// <summary>Finds out how an installation's application is restarted.</summary>
internal sealed class PlanRestartActivity(IInstallationProvider installations, OperationTimings timings)
    : Activity<InstallationInput, RestartPlan>(WorkflowActivities.PlanRestart)
{
    protected override async Task<RestartPlan> RunAsync(
        IActivityContext context, InstallationInput input, CancellationToken cancellationToken)
    {
        var definition = installations.GetDefinition(input.Installation);
        var control = installations.GetControl(input.Installation);
        var canDrain = control is not null && await control.CanDrainAsync(cancellationToken);
        return new RestartPlan(control is null, canDrain, control?.Description ?? "by hand", definition.Restart.Timeout, timings);
    }
}
