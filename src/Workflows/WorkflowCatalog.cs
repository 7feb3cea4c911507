using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Drills;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Notifications;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Telemetry;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows;

/// <summary>Everything a host runs: the orchestrations, and the activities over the ports it has composed.</summary>
public static class WorkflowCatalog
{
    /// <summary>The orchestrations.</summary>
    public static IReadOnlyList<IOrchestration> Orchestrations { get; } =
        [new BackupOrchestration(), new RestoreOrchestration(), new RestartOrchestration(), new VerifyOrchestration(), new RetentionOrchestration(),
         new DrillOrchestration()];

    /// <summary>Creates the activities.</summary>
    /// <param name="installations">The installations.</param>
    /// <param name="store">Where backups are kept.</param>
    /// <param name="secrets">Where secrets come from.</param>
    /// <param name="claims">Who works on what.</param>
    /// <param name="timings">How patient operations are; those that begin from now on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="telemetry">Takes metrics, spans and the events that alerts are built on.</param>
    /// <param name="notifications">Who is told how operations end: <see cref="BackupConfiguration.Notifications"/>; null for nobody.</param>
    public static IReadOnlyList<IActivity> CreateActivities(
        IInstallationProvider installations,
        IBackupStore store,
        ISecretSource secrets,
        IOperationClaims claims,
        OperationTimings timings,
        TimeProvider time,
        WorkflowTelemetry telemetry,
        IReadOnlyCollection<NotificationDefinition>? notifications = null)
    {
        var notifier = new Notifier(notifications ?? [], secrets, Notifier.CreateClient(), time);
        IActivity[] activities =
        [
            new ClaimActivity(claims, telemetry),
            new ReportActivity(telemetry, notifier),
            new NotifyActivity(notifier, telemetry),
            new AskInstallationActivity(installations),
            new PlanBackupActivity(installations, secrets, store, timings),
            new StreamBackupActivity(installations, secrets, store, telemetry, time),
            new VerifyBlobActivity(secrets, store, telemetry, time),
            new PublishActivity(store),
            new PlanVerifyActivity(store, timings),
            new AddCheckActivity(store),
            new PlanRestoreActivity(installations, secrets, store, timings),
            new ApplyBackupActivity(installations, secrets, store, telemetry, time),
            new PlanRestartActivity(installations, timings),
            new ControlApplicationActivity(installations),
            new PlanDrillActivity(installations, secrets, store, timings),
            new CompareDrillActivity(installations, secrets, store, telemetry, time),
            new PruneActivity(installations, store, claims, telemetry, timings, time),
        ];
        return [.. activities.Select(activity => new TracedActivity(activity, telemetry))];
    }
}
