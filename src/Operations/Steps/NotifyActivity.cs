using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Steps;

/// <summary>Tells one of those who want to know how an operation ended. Told twice after a crash, they see the same id.</summary>
internal sealed class NotifyActivity(Notifier notifier, OperationTelemetry telemetry, ActivityServices services)
    : OperationActivity<NotifyInput, Unit>(services)
{
    public static readonly ActivityName<NotifyInput, Unit> Call = new("Notify");

    protected override string? InstallationOf(NotifyInput input) => input.End.Installation;

    private protected override async Task<Unit> RunAsync(ActivityRun run, NotifyInput input, CancellationToken cancellationToken)
    {
        try
        {
            await notifier.SendAsync(input, cancellationToken);
            return new Unit();
        }
        catch (OperationException e)
        {
            telemetry.Events.NotificationFailed(run.OperationId, input.End.Installation, input.Channel, e.Error, e.Message);
            throw;
        }
    }
}
