using Microsoft.DurableTask;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Retention;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Operations;

/// <summary>Everything a host runs: the orchestrators and the activities, by the names that histories hold.</summary>
/// <remarks>
/// An instance outlives the program that started it, in both directions. <em>Upgrades</em>: the name of an orchestration carries the version of its code,
/// <c>Backup_v1</c>, and an instance keeps the name it was started with; code that no longer replays older histories is added under a further name, and
/// the older one stays until none of its instances runs. <em>Rollbacks</em>: an instance carries <see cref="Version"/>, and a worker leaves alone what a newer one
/// has started, since it could not replay it.
/// </remarks>
public static class OperationCatalog
{
    /// <summary>
    /// The version of the orchestrators, which new instances carry: raised with every change that adds to, drops or reorders what one of them asks for.
    /// Compared as major.minor.
    /// </summary>
    public const string Version = "1.0";

    private const string Separator = "_v";

    private static readonly string[] Names =
    [
        BackupOrchestrator.OrchestrationName, RestoreOrchestrator.OrchestrationName, RestartOrchestrator.OrchestrationName,
        VerifyOrchestrator.OrchestrationName, RetentionOrchestrator.OrchestrationName, DrillOrchestrator.OrchestrationName,
    ];

    /// <summary>Registers all of them; activities are created by the host's services.</summary>
    public static void AddOperations(this DurableTaskRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        registry.AddOrchestrator<BackupOrchestrator>(VersionedName(BackupOrchestrator.OrchestrationName));
        registry.AddOrchestrator<RestoreOrchestrator>(VersionedName(RestoreOrchestrator.OrchestrationName));
        registry.AddOrchestrator<RestartOrchestrator>(VersionedName(RestartOrchestrator.OrchestrationName));
        registry.AddOrchestrator<VerifyOrchestrator>(VersionedName(VerifyOrchestrator.OrchestrationName));
        registry.AddOrchestrator<RetentionOrchestrator>(VersionedName(RetentionOrchestrator.OrchestrationName));
        registry.AddOrchestrator<DrillOrchestrator>(VersionedName(DrillOrchestrator.OrchestrationName));
        registry.AddActivity<ClaimActivity>(ClaimActivity.Call.Name);
        registry.AddActivity<ReportActivity>(ReportActivity.Call.Name);
        registry.AddActivity<NotifyActivity>(NotifyActivity.Call.Name);
        registry.AddActivity<AskInstallationActivity>(AskInstallationActivity.Call.Name);
        registry.AddActivity<PlanBackupActivity>(PlanBackupActivity.Call.Name);
        registry.AddActivity<StreamBackupActivity>(StreamBackupActivity.Call.Name);
        registry.AddActivity<VerifyBlobActivity>(VerifyBlobActivity.Call.Name);
        registry.AddActivity<PublishActivity>(PublishActivity.Call.Name);
        registry.AddActivity<PlanVerifyActivity>(PlanVerifyActivity.Call.Name);
        registry.AddActivity<AddCheckActivity>(AddCheckActivity.Call.Name);
        registry.AddActivity<PlanRestoreActivity>(PlanRestoreActivity.Call.Name);
        registry.AddActivity<ApplyBackupActivity>(ApplyBackupActivity.Call.Name);
        registry.AddActivity<AskRestoreActivity>(AskRestoreActivity.Call.Name);
        registry.AddActivity<PlanRestartActivity>(PlanRestartActivity.Call.Name);
        registry.AddActivity<ControlApplicationActivity>(ControlApplicationActivity.Call.Name);
        registry.AddActivity<PlanDrillActivity>(PlanDrillActivity.Call.Name);
        registry.AddActivity<CompareDrillActivity>(CompareDrillActivity.Call.Name);
        registry.AddActivity<PruneActivity>(PruneActivity.Call.Name);
    }

    /// <summary>The name that new instances of an orchestration are started by. All of them are at their first version.</summary>
    public static string VersionedName(string orchestration) => $"{orchestration}{Separator}1";

    /// <summary>An orchestration's name without its version.</summary>
    public static string NameOf(string versionedName)
    {
        ArgumentNullException.ThrowIfNull(versionedName);
        return versionedName.LastIndexOf(Separator, StringComparison.Ordinal) is var end and > 0 ? versionedName[..end] : versionedName;
    }

    /// <summary>Returns true for the name of one of these orchestrations.</summary>
    internal static bool IsKnown(string orchestration) => Names.Contains(orchestration);
}
