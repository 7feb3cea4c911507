using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfeBackup.Operations.Drill;

/// <summary>The part of <c>database/schema.json</c> that a comparison reads: the tables with the columns that their rows have. FORMAT.md specifies the JSON.</summary>
internal sealed record DrilledSchema(IReadOnlyList<DrilledTable> Tables)
{
    public static DrilledSchema Read(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, DrillJson.Default.DrilledSchema) ?? throw new JsonException("schema.json is null.");
}

internal sealed record DrilledTable(string Schema, string Name, IReadOnlyList<DrilledColumn> Columns)
{
    public override string ToString() => $"{Schema}.{Name}";
}

internal sealed record DrilledColumn(string Name);

/// <summary>The part of <c>database/sequences.json</c> that a comparison reads.</summary>
internal sealed record DrilledSequences(IReadOnlyList<DrilledSequence> Sequences)
{
    public static DrilledSequences Read(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, DrillJson.Default.DrilledSequences) ?? throw new JsonException("sequences.json is null.");
}

internal sealed record DrilledSequence(string Schema, string Name, long LastValue, bool IsCalled);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DrilledSchema))]
[JsonSerializable(typeof(DrilledSequences))]
internal sealed partial class DrillJson : JsonSerializerContext;
