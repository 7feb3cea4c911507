using System.Text.Json.Serialization;

namespace TfeBackup.Server.History;

/// <summary>A backup or restore as the history keeps it.</summary>
/// <param name="Id">Tells it from others.</param>
/// <param name="Name"><c>backup</c> or <c>restore</c>.</param>
/// <param name="By"><c>API</c> or <c>dashboard</c>.</param>
/// <param name="Node">The machine whose service worked on it.</param>
/// <param name="Started">When it began (UTC).</param>
/// <param name="Result">What came of it.</param>
internal sealed record OperationRecord(string Id, string Name, string By, string Node, DateTimeOffset Started, OperationResult Result)
{
    /// <summary>When it was over (UTC).</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>How many bytes its client sent or took.</summary>
    public long Bytes { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Detail { get; init; }

    /// <summary>How long it took, as far as it got.</summary>
    [JsonIgnore]
    public TimeSpan Duration => Ended is { } ended ? ended - Started : TimeSpan.Zero;
}

/// <summary>What came of an operation.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OperationResult>))]
internal enum OperationResult
{
    /// <summary>It is under way.</summary>
    Running,

    /// <summary>It was done.</summary>
    Succeeded,

    /// <summary>It was refused, or went wrong.</summary>
    Failed,

    /// <summary>Its client went away, or its service ended.</summary>
    Interrupted,
}

/// <summary>The history's lines.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OperationRecord))]
internal sealed partial class HistoryJson : JsonSerializerContext;
