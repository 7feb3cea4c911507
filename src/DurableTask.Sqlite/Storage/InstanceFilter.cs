using DurableTask.Core;

namespace DurableTask.Sqlite.Storage;

/// <summary>Selects instances; null means any.</summary>
internal sealed record InstanceFilter
{
    public DateTime? CreatedFrom { get; init; }

    public DateTime? CreatedTo { get; init; }

    public DateTime? EndedFrom { get; init; }

    public DateTime? EndedTo { get; init; }

    public string? IdPrefix { get; init; }

    public string? Name { get; init; }

    public IReadOnlyCollection<OrchestrationStatus>? Statuses { get; init; }

    public bool EndedOnly { get; init; }

    /// <summary>True if inputs and outputs are wanted.</summary>
    public bool Payloads { get; init; } = true;

    /// <summary>Only what was added before this one.</summary>
    public long? Before { get; init; }
}
