using System.Text.Json.Serialization;
using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Http;

/// <summary>The JSON of the API's documents; <c>openapi.json</c> describes them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(VerificationRequest))]
[JsonSerializable(typeof(RetentionRequest))]
[JsonSerializable(typeof(ApprovalRequest))]
[JsonSerializable(typeof(OperationInstance))]
[JsonSerializable(typeof(OperationList))]
[JsonSerializable(typeof(BackupList))]
[JsonSerializable(typeof(BackupDocument))]
[JsonSerializable(typeof(RestorePreview))]
[JsonSerializable(typeof(HealthDocument))]
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class ApiJson : JsonSerializerContext;
