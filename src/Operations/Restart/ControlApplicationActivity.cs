using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Restart;

/// <summary>Asks an application's runtime for something. Stopping what is stopped and starting what runs do nothing.</summary>
internal sealed class ControlApplicationActivity(IInstallationProvider installations, ActivityServices services)
    : OperationActivity<ControlInput, ControlOutput>(services)
{
    public static readonly ActivityName<ControlInput, ControlOutput> Call = new("ControlApplication");

    protected override string? InstallationOf(ControlInput input) => input.Installation;

    // Starting undoes a stop, so it runs even after a cancellation.
    protected override bool Changes(ControlInput input) => input.Action is ControlAction.Drain or ControlAction.Stop;

    private protected override async Task<ControlOutput> RunAsync(ActivityRun run, ControlInput input, CancellationToken cancellationToken)
    {
        var control = installations.GetControl(input.Installation)
            ?? throw new OperationException(
                OperationError.InvalidConfiguration,
                $"Installations:{input.Installation}:Restart was removed while an operation was restarting the application; put it back.");
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
