using System.Text.Json.Serialization;

namespace TfeBackup.Azure.Operations;

[JsonSerializable(typeof(OperationClaim[]))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class OperationClaimJson : JsonSerializerContext;
