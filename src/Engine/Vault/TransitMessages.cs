using System.Text.Json.Serialization;

namespace TfeBackup.Engine.Vault;

/// <summary>Vault's answer to a Transit request, and to any failed one.</summary>
internal sealed record TransitResponse
{
    [JsonPropertyName("data")]
    public TransitData? Data { get; init; }

    [JsonPropertyName("errors")]
    public IReadOnlyList<string>? Errors { get; init; }

    [JsonPropertyName("auth")]
    public VaultAuth? Auth { get; init; }

    /// <summary>Vault's version, in answers about its health.</summary>
    [JsonPropertyName("version")]
    public string? Version { get; init; }
}

/// <summary>A token that was handed out or renewed. Not a record: records print themselves.</summary>
internal sealed class VaultAuth
{
    [JsonPropertyName("client_token")]
    public string? ClientToken { get; init; }

    /// <summary>Seconds; 0 for ever.</summary>
    [JsonPropertyName("lease_duration")]
    public long LeaseDuration { get; init; }

    [JsonPropertyName("renewable")]
    public bool Renewable { get; init; }
}

/// <summary>A login with an AppRole. Not a record: records print themselves.</summary>
internal sealed class AppRoleLogin(string roleId, string? secretId)
{
    [JsonPropertyName("role_id")]
    public string RoleId => roleId;

    [JsonPropertyName("secret_id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SecretId => secretId;
}

internal sealed record TransitData
{
    /// <summary>Of a token: how many seconds it has left; 0 for ever.</summary>
    [JsonPropertyName("ttl")]
    public long Ttl { get; init; }

    [JsonPropertyName("creation_ttl")]
    public long CreationTtl { get; init; }

    [JsonPropertyName("period")]
    public long Period { get; init; }

    [JsonPropertyName("renewable")]
    public bool Renewable { get; init; }

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

    // The item's of the request; versions before 1.13 leave it out.
    [JsonPropertyName("reference")]
    public string? Reference { get; init; }
}

[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(TransitResponse))]
[JsonSerializable(typeof(AppRoleLogin))]
internal sealed partial class TransitJson : JsonSerializerContext;
