using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Restart;

/// <summary>Finds out how an installation's application is restarted.</summary>
internal sealed class PlanRestartActivity(IInstallationProvider installations, OperationTimings timings, ActivityServices services)
    : OperationActivity<InstallationInput, RestartPlan>(services)
{
    public static readonly ActivityName<InstallationInput, RestartPlan> Call = new("PlanRestart");

    protected override string? InstallationOf(InstallationInput input) => input.Installation;

    private protected override async Task<RestartPlan> RunAsync(ActivityRun run, InstallationInput input, CancellationToken cancellationToken)
    {
        var definition = installations.GetDefinition(input.Installation);
        var control = installations.GetControl(input.Installation);
        var canDrain = control is not null && await control.CanDrainAsync(cancellationToken);
        return new RestartPlan(control is null, canDrain, control?.Description ?? "by hand", definition.RestartTimeout, timings);
    }
}
