using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Workflows.Operations;

/// <summary>Claims a resource for the operation it belongs to. Claiming twice is claiming once.</summary>
internal sealed class ClaimActivity(IOperationClaims claims, WorkflowTelemetry telemetry) : Activity<ClaimInput, ClaimOutput>(WorkflowActivities.Claim)
{
    protected override async Task<ClaimOutput> RunAsync(IActivityContext context, ClaimInput input, CancellationToken cancellationToken)
    {
        var holder = await claims.TryAcquireAsync(new ClaimRequest(input.Resource, context.InstanceId, input.Exclusive), cancellationToken);
        if (holder is null && input.Kind is { } kind)
        {
            telemetry.Events.OperationStarted(kind, context.InstanceId, input.Installation);
        }

        return new ClaimOutput(holder);
    }
}
