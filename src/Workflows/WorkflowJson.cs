using System.Text.Json.Serialization;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Drills;
using TfeBackup.Workflows.Notifications;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Workflows;

/// <summary>How what journals hold is written. Members may be added, never renamed: histories of earlier versions are read with it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClaimInput))]
[JsonSerializable(typeof(ClaimOutput))]
[JsonSerializable(typeof(ReportInput))]
[JsonSerializable(typeof(ReportOutput))]
[JsonSerializable(typeof(OperationStatus))]
[JsonSerializable(typeof(ApprovalDecision))]
[JsonSerializable(typeof(OperatorNote))]
[JsonSerializable(typeof(InstallationInput))]
[JsonSerializable(typeof(InstallationAnswer))]
[JsonSerializable(typeof(BackupInput))]
[JsonSerializable(typeof(BackupOutput))]
[JsonSerializable(typeof(BackupPlan))]
[JsonSerializable(typeof(StreamInput))]
[JsonSerializable(typeof(StreamOutput))]
[JsonSerializable(typeof(BackupRecord))]
[JsonSerializable(typeof(PublishOutput))]
[JsonSerializable(typeof(VerifyBlobInput))]
[JsonSerializable(typeof(VerifyBlobOutput))]
[JsonSerializable(typeof(VerifyInput))]
[JsonSerializable(typeof(VerifyPlan))]
[JsonSerializable(typeof(CheckRecord))]
[JsonSerializable(typeof(AddCheckInput))]
[JsonSerializable(typeof(AddCheckOutput))]
[JsonSerializable(typeof(RestoreInput))]
[JsonSerializable(typeof(RestoreOutput))]
[JsonSerializable(typeof(RestorePlanInput))]
[JsonSerializable(typeof(RestorePlan))]
[JsonSerializable(typeof(ApplyInput))]
[JsonSerializable(typeof(ApplyOutput))]
[JsonSerializable(typeof(RestartInput))]
[JsonSerializable(typeof(RestartOutput))]
[JsonSerializable(typeof(RestartPlan))]
[JsonSerializable(typeof(ControlInput))]
[JsonSerializable(typeof(ControlOutput))]
[JsonSerializable(typeof(DrillInput))]
[JsonSerializable(typeof(DrillOutput))]
[JsonSerializable(typeof(DrillPlan))]
[JsonSerializable(typeof(CompareInput))]
[JsonSerializable(typeof(DrillComparison))]
[JsonSerializable(typeof(NotifyInput))]
[JsonSerializable(typeof(NotifyOutput))]
[JsonSerializable(typeof(RetentionInput))]
[JsonSerializable(typeof(PruneInput))]
[JsonSerializable(typeof(RetentionReport))]
internal sealed partial class WorkflowJson : JsonSerializerContext;
