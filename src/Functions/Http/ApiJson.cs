using System.Text.Json.Serialization;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Functions.Http;

/// <summary>How the API's documents are written; <c>openapi.json</c> describes them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(ApprovalRequest))]
[JsonSerializable(typeof(OperationDocument))]
[JsonSerializable(typeof(OperationList))]
[JsonSerializable(typeof(BackupList))]
[JsonSerializable(typeof(BackupRecord))]
[JsonSerializable(typeof(HealthDocument))]
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class ApiJson : JsonSerializerContext;
