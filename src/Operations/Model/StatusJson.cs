using System.Text.Json.Serialization;

namespace TfeBackup.Operations.Model;

/// <summary>The JSON of an operation's status, as histories and queries hold it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OperationStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
