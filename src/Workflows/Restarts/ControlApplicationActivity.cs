using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Restarts;

/// <summary>Asks an application's runtime for something. Stopping what is stopped and starting what runs do nothing.</summary>
internal sealed class ControlApplicationActivity(IInstallationProvider installations)
    : Activity<ControlInput, ControlOutput>(WorkflowActivities.ControlApplication)
{
    protected override async Task<ControlOutput> RunAsync(
        IActivityContext context, ControlInput input, CancellationToken cancellationToken)
    {
        var control = installations.GetControl(input.Installation)
            ?? throw new WorkflowException(
                WorkflowError.InvalidConfiguration,
                $"Installations:{input.Installation}:Restart was taken away while an operation restarts the application; expected the commands it began with.");
        switch (input.Action)
        {
            case ControlAction.Drain:
                await control.DrainAsync(cancellationToken);
                return new ControlOutput(null, null);
            case ControlAction.Stop:
                await control.StopAsync(cancellationToken);
                return new ControlOutput(null, null);
            case ControlAction.Start:
                await control.StartAsync(cancellationToken);
                return new ControlOutput(null, null);
            default:
                var status = await control.GetStatusAsync(cancellationToken);
                return new ControlOutput(status.State, status.Detail);
        }
    }
}
