using System.Text.Json.Serialization;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Retention;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Operations;

/// <summary>The JSON of histories. Members may be added, never renamed: those of earlier versions are read with it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClaimInput))]
[JsonSerializable(typeof(ClaimOutput))]
[JsonSerializable(typeof(ReportInput))]
[JsonSerializable(typeof(ReportOutput))]
[JsonSerializable(typeof(string))]
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
[JsonSerializable(typeof(VerifyBlobInput))]
[JsonSerializable(typeof(VerifyBlobOutput))]
[JsonSerializable(typeof(VerifyInput))]
[JsonSerializable(typeof(VerifyPlan))]
[JsonSerializable(typeof(CheckRecord))]
[JsonSerializable(typeof(AddCheckInput))]
[JsonSerializable(typeof(RestoreInput))]
[JsonSerializable(typeof(RestoreOutput))]
[JsonSerializable(typeof(RestorePlanInput))]
[JsonSerializable(typeof(RestorePlan))]
[JsonSerializable(typeof(RestoreFacts))]
[JsonSerializable(typeof(ApplyInput))]
[JsonSerializable(typeof(ApplyOutput))]
[JsonSerializable(typeof(AskRestoreOutput))]
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
[JsonSerializable(typeof(Unit))]
[JsonSerializable(typeof(RetentionInput))]
[JsonSerializable(typeof(PruneInput))]
[JsonSerializable(typeof(RetentionReport))]
internal sealed partial class OperationJson : JsonSerializerContext;
