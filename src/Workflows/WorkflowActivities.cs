using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows;

/// <summary>The activities by name, as histories hold them: a name is never reused for something else.</summary>
internal static class WorkflowActivities
{
    public static readonly ActivityDefinition<ClaimInput, ClaimOutput> Claim =
        new("Claim", WorkflowJson.Default.ClaimInput, WorkflowJson.Default.ClaimOutput);

    public static readonly ActivityDefinition<ReportInput, ReportOutput> Report =
        new("Report", WorkflowJson.Default.ReportInput, WorkflowJson.Default.ReportOutput);

    public static readonly ActivityDefinition<InstallationInput, InstallationAnswer> AskInstallation =
        new("AskInstallation", WorkflowJson.Default.InstallationInput, WorkflowJson.Default.InstallationAnswer);

    public static readonly ActivityDefinition<InstallationInput, BackupPlan> PlanBackup =
        new("PlanBackup", WorkflowJson.Default.InstallationInput, WorkflowJson.Default.BackupPlan);

    public static readonly ActivityDefinition<StreamInput, StreamOutput> StreamBackup =
        new("StreamBackup", WorkflowJson.Default.StreamInput, WorkflowJson.Default.StreamOutput);

    public static readonly ActivityDefinition<VerifyBlobInput, VerifyBlobOutput> VerifyBlob =
        new("VerifyBlob", WorkflowJson.Default.VerifyBlobInput, WorkflowJson.Default.VerifyBlobOutput);

    public static readonly ActivityDefinition<BackupRecord, PublishOutput> Publish =
        new("Publish", WorkflowJson.Default.BackupRecord, WorkflowJson.Default.PublishOutput);

    public static readonly ActivityDefinition<VerifyInput, VerifyPlan> PlanVerify =
        new("PlanVerify", WorkflowJson.Default.VerifyInput, WorkflowJson.Default.VerifyPlan);

    public static readonly ActivityDefinition<AddCheckInput, AddCheckOutput> AddCheck =
        new("AddCheck", WorkflowJson.Default.AddCheckInput, WorkflowJson.Default.AddCheckOutput);

    public static readonly ActivityDefinition<RestorePlanInput, RestorePlan> PlanRestore =
        new("PlanRestore", WorkflowJson.Default.RestorePlanInput, WorkflowJson.Default.RestorePlan);

    public static readonly ActivityDefinition<ApplyInput, ApplyOutput> ApplyBackup =
        new("ApplyBackup", WorkflowJson.Default.ApplyInput, WorkflowJson.Default.ApplyOutput);

    public static readonly ActivityDefinition<InstallationInput, RestartPlan> PlanRestart =
        new("PlanRestart", WorkflowJson.Default.InstallationInput, WorkflowJson.Default.RestartPlan);

    public static readonly ActivityDefinition<ControlInput, ControlOutput> ControlApplication =
        new("ControlApplication", WorkflowJson.Default.ControlInput, WorkflowJson.Default.ControlOutput);

    public static readonly ActivityDefinition<PruneInput, RetentionReport> Prune =
        new("Prune", WorkflowJson.Default.PruneInput, WorkflowJson.Default.RetentionReport);
}
