using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using TfeBackup.Operations;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Retention;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Functions.Triggers;

/// <summary>The orchestrations, a function each. <see cref="OperationCatalog"/> says what their names mean.</summary>
internal static class OrchestrationFunctions
{
    [Function("Backup_v1")]
    public static Task<BackupOutput> Backup([OrchestrationTrigger] TaskOrchestrationContext context) =>
        new BackupOrchestrator().RunAsync(context, context.GetInput<BackupInput>()!);

    [Function("Restore_v1")]
    public static Task<RestoreOutput> Restore([OrchestrationTrigger] TaskOrchestrationContext context) =>
        new RestoreOrchestrator().RunAsync(context, context.GetInput<RestoreInput>()!);

    [Function("Restart_v1")]
    public static Task<RestartOutput> Restart([OrchestrationTrigger] TaskOrchestrationContext context) =>
        new RestartOrchestrator().RunAsync(context, context.GetInput<RestartInput>()!);

    [Function("Verify_v1")]
    public static Task<CheckRecord> Verify([OrchestrationTrigger] TaskOrchestrationContext context) =>
        new VerifyOrchestrator().RunAsync(context, context.GetInput<VerifyInput>()!);

    [Function("Retention_v1")]
    public static Task<RetentionReport> Retention([OrchestrationTrigger] TaskOrchestrationContext context) =>
        new RetentionOrchestrator().RunAsync(context, context.GetInput<RetentionInput>()!);

    [Function("Drill_v1")]
    public static Task<DrillOutput> Drill([OrchestrationTrigger] TaskOrchestrationContext context) =>
        new DrillOrchestrator().RunAsync(context, context.GetInput<DrillInput>()!);
}
