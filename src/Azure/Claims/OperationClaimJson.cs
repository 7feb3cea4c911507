using System.Text.Json.Serialization;

namespace TfeBackup.Azure.Claims;

[JsonSerializable(typeof(OperationClaim[]))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class OperationClaimJson : JsonSerializerContext;
