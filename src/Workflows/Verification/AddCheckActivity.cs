using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Verification;

/// <summary>Writes what a check found. Adding the same check again is adding it once.</summary>
internal sealed class AddCheckActivity(IBackupStore store) : Activity<AddCheckInput, AddCheckOutput>(WorkflowActivities.AddCheck)
{
    protected override async Task<AddCheckOutput> RunAsync(
        IActivityContext context, AddCheckInput input, CancellationToken cancellationToken)
    {
        await store.AddCheckAsync(input.Key, input.Check, cancellationToken);
        return new AddCheckOutput(true);
    }
}
