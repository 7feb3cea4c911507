using System.Text.Json.Serialization;

namespace TfeBackup.Engine.Restores;

/// <summary>One restore in the ledger.</summary>
internal sealed record RestoreEntry
{
    /// <summary>The caller's id.</summary>
    public required string Id { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>As far as it was written down: running, restored, failed or unknown. A commit is not written down; PostgreSQL is asked.</summary>
    public required RestoreState State { get; init; }

    /// <summary>The transaction that restores it, written before the commit; null before that.</summary>
    public string? Transaction { get; init; }

    /// <summary>True if objects follow the commit.</summary>
    public bool HasObjects { get; init; }

    /// <summary>The reason it failed.</summary>
    public string? Detail { get; init; }

    /// <summary>True if its outcome has not been recorded yet.</summary>
    [JsonIgnore]
    public bool IsOpen => State == RestoreState.Running;
}

/// <summary>The document.</summary>
internal sealed record RestoreEntries(IReadOnlyList<RestoreEntry> Restores);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    WriteIndented = true)]
[JsonSerializable(typeof(RestoreEntries))]
internal sealed partial class RestoreJson : JsonSerializerContext;
