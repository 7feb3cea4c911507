using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Operations;

/// <summary>Claims a resource for the operation it belongs to. Claiming twice is claiming once.</summary>
internal sealed class ClaimActivity(IOperationClaims claims) : Activity<ClaimInput, ClaimOutput>(WorkflowActivities.Claim)
{
    protected override async Task<ClaimOutput> RunAsync(IActivityContext context, ClaimInput input, CancellationToken cancellationToken) =>
        new(await claims.TryAcquireAsync(new ClaimRequest(input.Resource, context.InstanceId, input.Exclusive), cancellationToken));
}
