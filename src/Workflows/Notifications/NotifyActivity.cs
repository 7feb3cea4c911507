using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Workflows.Notifications;

/// <summary>Tells one of those who want to know how an operation ended. Told twice after a crash, they see the same id.</summary>
internal sealed class NotifyActivity(Notifier notifier, WorkflowTelemetry telemetry) : Activity<NotifyInput, NotifyOutput>(WorkflowActivities.Notify)
{
    protected override async Task<NotifyOutput> RunAsync(IActivityContext context, NotifyInput input, CancellationToken cancellationToken)
    {
        try
        {
            await notifier.SendAsync(input, cancellationToken);
            return new NotifyOutput(true);
        }
        catch (WorkflowException e)
        {
            telemetry.Events.NotificationFailed(context.InstanceId, input.End.Installation, input.Channel, e.Error, e.Message);
            throw;
        }
    }
}
