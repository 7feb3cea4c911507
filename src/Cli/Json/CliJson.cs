using System.Text.Json.Serialization;
using TfeBackup.Workflows.Backups;
using TfeBackup.Workflows.Restarts;
using TfeBackup.Workflows.Restores;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Storage;
using TfeBackup.Workflows.Verification;

namespace TfeBackup.Cli.Json;

/// <summary>What the program prints with <c>--json</c>. Documents may gain members; none is renamed or removed.</summary>
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
[JsonSerializable(typeof(RetentionInput))]
[JsonSerializable(typeof(VerifyInput))]
[JsonSerializable(typeof(List<BackupRecord>))]
[JsonSerializable(typeof(BackupDocument))]
[JsonSerializable(typeof(InspectDocument))]
[JsonSerializable(typeof(ExtractDocument))]
internal sealed partial class CliJson : JsonSerializerContext;
