using System.Text.Json.Serialization;

namespace TfeBackup.Engine.Vault;

/// <summary>Vault's answer to a Transit request, and to any failed one.</summary>
internal sealed record TransitResponse
{
    [JsonPropertyName("data")]
    public TransitData? Data { get; init; }

    [JsonPropertyName("errors")]
    public IReadOnlyList<string>? Errors { get; init; }
}

internal sealed record TransitData
{
    [JsonPropertyName("batch_results")]
    public IReadOnlyList<TransitItem>? BatchResults { get; init; }

    // Some versions put the reason for refusing a whole batch here.
    [JsonPropertyName("error")]
    public string? Error { get; init; }
}

internal sealed record TransitItem
{
    [JsonPropertyName("plaintext")]
    public string? Plaintext { get; init; }

    [JsonPropertyName("ciphertext")]
    public string? Ciphertext { get; init; }

    [JsonPropertyName("error")]
    public string? Error { get; init; }
}

[JsonSerializable(typeof(TransitResponse))]
internal sealed partial class TransitJson : JsonSerializerContext;
