using System.Text.Json;

namespace TfeBackup.Operations.Model;

/// <summary>An operation as its task hub has it.</summary>
public record OperationInstance
{
    /// <summary>The operation's id.</summary>
    public required string Id { get; init; }

    /// <summary>The orchestration's name, without the version of its code.</summary>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    public required OperationState State { get; init; }

    /// <summary>When it was started (UTC).</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it last moved (UTC).</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>When it ended (UTC); null while it runs.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Its input.</summary>
    public required JsonElement Input { get; init; }

    /// <summary>Its status; null before the first one, or for other orchestrations.</summary>
    public OperationStatus? Status { get; init; }

    /// <summary>Its output; null unless completed.</summary>
    public JsonElement? Output { get; init; }

    /// <summary>The reason it failed or was terminated; null otherwise.</summary>
    public OperationFailure? Failure { get; init; }
}
