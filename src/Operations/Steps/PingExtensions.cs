using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Steps;

/// <summary>Pings from activities: one that cannot be sent is logged, and no operation fails for it.</summary>
internal static class PingExtensions
{
    private const string Channel = "ping";

    public static async Task TrySendAsync(
        this BackupPings pings, OperationTelemetry telemetry, string operation, string? installation, PingSignal signal, string? text, CancellationToken cancellationToken)
    {
        if (installation is null)
        {
            return;
        }

        try
        {
            await pings.SendAsync(installation, signal, text, cancellationToken);
        }
        catch (OperationException e)
        {
            telemetry.Events.NotificationFailed(operation, installation, Channel, e.Error, e.Message);
        }
    }
}
