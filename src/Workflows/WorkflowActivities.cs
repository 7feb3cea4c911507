using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Drills;
using TfeBackup.Workflows.Notifications;
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
        new("Claim", WorkflowJson.Default.ClaimInput, WorkflowJson.Default.ClaimOutput, input => input.Installation);

    public static readonly ActivityDefinition<ReportInput, ReportOutput> Report =
        new("Report", WorkflowJson.Default.ReportInput, WorkflowJson.Default.ReportOutput, input => input.Installation);

    public static readonly ActivityDefinition<InstallationInput, InstallationAnswer> AskInstallation =
        new("AskInstallation", WorkflowJson.Default.InstallationInput, WorkflowJson.Default.InstallationAnswer, input => input.Installation);

    public static readonly ActivityDefinition<InstallationInput, BackupPlan> PlanBackup =
        new("PlanBackup", WorkflowJson.Default.InstallationInput, WorkflowJson.Default.BackupPlan, input => input.Installation);

    public static readonly ActivityDefinition<StreamInput, StreamOutput> StreamBackup =
        new("StreamBackup", WorkflowJson.Default.StreamInput, WorkflowJson.Default.StreamOutput, input => input.Installation);

    public static readonly ActivityDefinition<VerifyBlobInput, VerifyBlobOutput> VerifyBlob =
        new("VerifyBlob", WorkflowJson.Default.VerifyBlobInput, WorkflowJson.Default.VerifyBlobOutput, input => input.Key.Installation);

    public static readonly ActivityDefinition<BackupRecord, PublishOutput> Publish =
        new("Publish", WorkflowJson.Default.BackupRecord, WorkflowJson.Default.PublishOutput, record => record.Key.Installation);

    public static readonly ActivityDefinition<VerifyInput, VerifyPlan> PlanVerify =
        new("PlanVerify", WorkflowJson.Default.VerifyInput, WorkflowJson.Default.VerifyPlan, input => input.Backup.Installation);

    public static readonly ActivityDefinition<AddCheckInput, AddCheckOutput> AddCheck =
        new("AddCheck", WorkflowJson.Default.AddCheckInput, WorkflowJson.Default.AddCheckOutput, input => input.Key.Installation);

    public static readonly ActivityDefinition<RestorePlanInput, RestorePlan> PlanRestore =
        new("PlanRestore", WorkflowJson.Default.RestorePlanInput, WorkflowJson.Default.RestorePlan, input => input.Target);

    public static readonly ActivityDefinition<ApplyInput, ApplyOutput> ApplyBackup =
        new("ApplyBackup", WorkflowJson.Default.ApplyInput, WorkflowJson.Default.ApplyOutput, input => input.Target);

    public static readonly ActivityDefinition<InstallationInput, RestartPlan> PlanRestart =
        new("PlanRestart", WorkflowJson.Default.InstallationInput, WorkflowJson.Default.RestartPlan, input => input.Installation);

    public static readonly ActivityDefinition<ControlInput, ControlOutput> ControlApplication =
        new("ControlApplication", WorkflowJson.Default.ControlInput, WorkflowJson.Default.ControlOutput, input => input.Installation);

    public static readonly ActivityDefinition<InstallationInput, DrillPlan> PlanDrill =
        new("PlanDrill", WorkflowJson.Default.InstallationInput, WorkflowJson.Default.DrillPlan, input => input.Installation);

    public static readonly ActivityDefinition<CompareInput, DrillComparison> CompareDrill =
        new("CompareDrill", WorkflowJson.Default.CompareInput, WorkflowJson.Default.DrillComparison, input => input.Record.Key.Installation);

    public static readonly ActivityDefinition<NotifyInput, NotifyOutput> Notify =
        new("Notify", WorkflowJson.Default.NotifyInput, WorkflowJson.Default.NotifyOutput, input => input.End.Installation);

    public static readonly ActivityDefinition<PruneInput, RetentionReport> Prune =
        new("Prune", WorkflowJson.Default.PruneInput, WorkflowJson.Default.RetentionReport, input => input.Installation);
}
