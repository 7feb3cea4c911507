using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Drill;

/// <summary>Finds the newest backup, makes sure that its data is there and its password can be had, and that the installation to overwrite has nothing to lose.</summary>
internal sealed class PlanDrillActivity(
    IInstallationProvider installations, IBackupStore store, RestorePlanner planner, OperationTimings timings, ActivityServices services)
    : OperationActivity<InstallationInput, DrillPlan>(services)
{
    public static readonly ActivityName<InstallationInput, DrillPlan> Call = new("PlanDrill");

    protected override string? InstallationOf(InstallationInput input) => input.Installation;

    private protected override async Task<DrillPlan> RunAsync(ActivityRun run, InstallationInput input, CancellationToken cancellationToken)
    {
        var name = input.Installation;
        var drill = installations.GetDefinition(name).GetDrill();

        // Checked again although the configuration was validated: this is the last chance before data is overwritten.
        if (DrillDefinition.FindFault(name, installations.GetDefinition(drill.Into)) is { } fault)
        {
            throw new OperationException(OperationError.InvalidConfiguration, $"Installations:{name}:Drill:Into: {fault}.");
        }

        var (record, note) = await new BackupFinder(store).FindAsync($"{name}/latest", cancellationToken);
        await planner.CheckSourceAsync(record, cancellationToken);
        return new DrillPlan(record, drill.Into, note, timings, LooksFirst: true);
    }
}
