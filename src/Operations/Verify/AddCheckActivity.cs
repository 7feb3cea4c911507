using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Verify;

/// <summary>Writes what a check found. Adding the same check again is adding it once.</summary>
internal sealed class AddCheckActivity(IBackupStore store, ActivityServices services)
    : OperationActivity<AddCheckInput, Unit>(services)
{
    public static readonly ActivityName<AddCheckInput, Unit> Call = new("AddCheck");

    protected override string? InstallationOf(AddCheckInput input) => input.Key.Installation;

    private protected override async Task<Unit> RunAsync(ActivityRun run, AddCheckInput input, CancellationToken cancellationToken)
    {
        await store.AddCheckAsync(input.Key, input.Check, cancellationToken);
        return new Unit();
    }
}
