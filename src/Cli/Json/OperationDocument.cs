using System.Text.Json;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Json;

/// <summary>An operation, as every command that runs or shows one prints it.</summary>
internal sealed record OperationDocument
{
    public required string Id { get; init; }

    /// <summary>Its kind: Backup, Restore, Restart, Verify, Retention.</summary>
    public required string Name { get; init; }

    public required OperationState State { get; init; }

    /// <summary>True if it has not ended and no process of this machine works on it.</summary>
    public required bool Interrupted { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public DateTimeOffset? Finished { get; init; }

    public required JsonElement Input { get; init; }

    public OperationStatus? Status { get; init; }

    /// <summary>The progress of the running activity; null if unknown.</summary>
    public ActivityProgress? Progress { get; init; }

    public JsonElement? Output { get; init; }

    public OperationFailure? Failure { get; init; }
}
