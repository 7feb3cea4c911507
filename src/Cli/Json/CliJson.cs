using System.Text.Json.Serialization;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Retention;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Cli.Json;

/// <summary>The documents that the program prints with <c>--json</c>. Documents may gain members; none is renamed or removed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProgressDocument))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(LogDocument))]
[JsonSerializable(typeof(List<OperationDocument>))]
[JsonSerializable(typeof(BackupInput))]
[JsonSerializable(typeof(RestoreInput))]
[JsonSerializable(typeof(RestartInput))]
[JsonSerializable(typeof(DrillInput))]
[JsonSerializable(typeof(RetentionInput))]
[JsonSerializable(typeof(VerifyInput))]
[JsonSerializable(typeof(IReadOnlyList<ListedBackup>))]
[JsonSerializable(typeof(RestorePreview))]
[JsonSerializable(typeof(BackupDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(DoctorDocument))]
[JsonSerializable(typeof(EntryDocument))]
[JsonSerializable(typeof(InitDocument))]
[JsonSerializable(typeof(PasswordDocument))]
[JsonSerializable(typeof(RotationDocument))]
[JsonSerializable(typeof(VersionDocument))]
[JsonSerializable(typeof(InspectDocument))]
[JsonSerializable(typeof(ExtractDocument))]
internal sealed partial class CliJson : JsonSerializerContext;
