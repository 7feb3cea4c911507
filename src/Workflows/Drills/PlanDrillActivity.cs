using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Drills;

/// <summary>Finds the newest backup, makes sure that its password can be had, and that the installation to overwrite has nothing to lose.</summary>
internal sealed class PlanDrillActivity(
    IInstallationProvider installations, ISecretSource secrets, IBackupStore store, OperationTimings timings)
    : Activity<InstallationInput, DrillPlan>(WorkflowActivities.PlanDrill)
{
    protected override async Task<DrillPlan> RunAsync(IActivityContext context, InstallationInput input, CancellationToken cancellationToken)
    {
        var name = input.Installation;
        var drill = installations.GetDefinition(name).Drill
            ?? throw new WorkflowException(
                WorkflowError.InvalidConfiguration, $"Installations:{name}:Drill is missing; expected a section with Into, the scratch installation whose data a drill replaces.");

        // Once more, although the configuration was checked: this is the last look before something is overwritten.
        if (DrillDefinition.FindFault(name, installations.GetDefinition(drill.Into)) is { } fault)
        {
            throw new WorkflowException(WorkflowError.InvalidConfiguration, $"Installations:{name}:Drill:Into: {fault}.");
        }

        var (record, note) = await new BackupFinder(store).FindAsync($"{name}/latest", null, cancellationToken);
        _ = await secrets.GetAsync(record.Password, cancellationToken);
        return new DrillPlan(record, drill.Into, note, timings);
    }
}
