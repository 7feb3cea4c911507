using System.Text.Json.Serialization;

namespace TfeBackup.SampleInstallation.Vault;

/// <summary>The body of a Transit request.</summary>
internal sealed record TransitInput
{
    public string? Plaintext { get; init; }

    public string? Ciphertext { get; init; }

    public IReadOnlyList<TransitItem>? BatchInput { get; init; }
}

/// <summary>One item of a batch, asked or answered.</summary>
internal sealed record TransitItem
{
    public string? Plaintext { get; init; }

    public string? Ciphertext { get; init; }
}

/// <summary>The body of a Transit answer.</summary>
internal sealed record TransitAnswer(TransitData Data);

/// <summary>What a Transit answer holds.</summary>
internal sealed record TransitData
{
    public string? Plaintext { get; init; }

    public string? Ciphertext { get; init; }

    public IReadOnlyList<TransitItem>? BatchResults { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TransitInput))]
[JsonSerializable(typeof(TransitAnswer))]
internal sealed partial class TransitJson : JsonSerializerContext;
