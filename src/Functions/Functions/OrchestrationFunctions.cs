using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using TfeBackup.Functions.Durable;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Drills;
using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Functions.Functions;

/// <summary>The orchestrations, a function each. <see cref="OrchestrationVersions"/> says what their names mean.</summary>
internal static class OrchestrationFunctions
{
    [Function("Backup_v1")]
    public static Task<string> Backup([OrchestrationTrigger] TaskOrchestrationContext context) =>
        DurableOrchestration.RunAsync(context, new BackupOrchestration());

    [Function("Restore_v1")]
    public static Task<string> Restore([OrchestrationTrigger] TaskOrchestrationContext context) =>
        DurableOrchestration.RunAsync(context, new RestoreOrchestration());

    [Function("Restart_v1")]
    public static Task<string> Restart([OrchestrationTrigger] TaskOrchestrationContext context) =>
        DurableOrchestration.RunAsync(context, new RestartOrchestration());

    [Function("Verify_v1")]
    public static Task<string> Verify([OrchestrationTrigger] TaskOrchestrationContext context) =>
        DurableOrchestration.RunAsync(context, new VerifyOrchestration());

    [Function("Retention_v1")]
    public static Task<string> Retention([OrchestrationTrigger] TaskOrchestrationContext context) =>
        DurableOrchestration.RunAsync(context, new RetentionOrchestration());

    [Function("Drill_v1")]
    public static Task<string> Drill([OrchestrationTrigger] TaskOrchestrationContext context) =>
        DurableOrchestration.RunAsync(context, new DrillOrchestration());
}
