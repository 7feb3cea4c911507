using System.Text.Json.Serialization;

namespace TfeBackup.Engine.Database;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    MaxDepth = 8,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(DatabaseSchema))]
[JsonSerializable(typeof(SequenceStates))]
internal sealed partial class DatabaseJsonContext : JsonSerializerContext;
