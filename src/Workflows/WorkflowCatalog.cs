using Microsoft.Extensions.Logging;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows;

/// <summary>Everything a host runs: the orchestrations, and the activities over the ports it has composed.</summary>
public static class WorkflowCatalog
{
    /// <summary>The orchestrations.</summary>
    public static IReadOnlyList<IOrchestration> Orchestrations { get; } =
        [new BackupOrchestration(), new RestoreOrchestration(), new RestartOrchestration(), new VerifyOrchestration(), new RetentionOrchestration()];

    /// <summary>Creates the activities.</summary>
    /// <param name="installations">The installations.</param>
    /// <param name="store">Where backups are kept.</param>
    /// <param name="secrets">Where secrets come from.</param>
    /// <param name="claims">Who works on what.</param>
    /// <param name="timings">How patient operations are; those that begin from now on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Takes the events that alerts are built on: 2001 published, 2002 ended well, 2003 failed, 2004 warning.</param>
    public static IReadOnlyList<IActivity> CreateActivities(
        IInstallationProvider installations,
        IBackupStore store,
        ISecretSource secrets,
        IOperationClaims claims,
        OperationTimings timings,
        TimeProvider time,
        ILoggerFactory loggers) =>
        [
            new ClaimActivity(claims),
            new ReportActivity(loggers.CreateLogger<ReportActivity>()),
            new AskInstallationActivity(installations),
            new PlanBackupActivity(installations, secrets, store, timings),
            new StreamBackupActivity(installations, secrets, store, time),
            new VerifyBlobActivity(secrets, store, time),
            new PublishActivity(store),
            new PlanVerifyActivity(store, timings),
            new AddCheckActivity(store),
            new PlanRestoreActivity(installations, secrets, store, timings),
            new ApplyBackupActivity(installations, secrets, store, time),
            new PlanRestartActivity(installations, timings),
            new ControlApplicationActivity(installations),
            new PruneActivity(installations, store, claims, timings, time),
        ];
}
