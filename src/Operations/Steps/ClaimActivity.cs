using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Steps;

/// <summary>Claims a resource for the operation it belongs to. Claiming twice is claiming once.</summary>
internal sealed class ClaimActivity(IOperationClaims claims, OperationTelemetry telemetry, BackupPings pings, ActivityServices services)
    : OperationActivity<ClaimInput, ClaimOutput>(services)
{
    public static readonly ActivityName<ClaimInput, ClaimOutput> Call = new("Claim");

    protected override string? InstallationOf(ClaimInput input) => input.Installation;

    private protected override async Task<ClaimOutput> RunAsync(ActivityRun run, ClaimInput input, CancellationToken cancellationToken)
    {
        var holder = await claims.TryAcquireAsync(new ClaimRequest(input.Resource, run.OperationId, input.Exclusive), cancellationToken);
        if (holder is null && input.Kind is { } kind)
        {
            telemetry.Events.OperationStarted(kind, run.OperationId, input.Installation);
            if (kind == OperationKind.Backup)
            {
                await pings.TrySendAsync(telemetry, run.OperationId, input.Installation, PingSignal.Start, null, cancellationToken);
            }
        }

        return new ClaimOutput(holder);
    }
}
