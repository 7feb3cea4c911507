using System.Text.Json;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Cli.Json;

/// <summary>An operation, as every command that runs or shows one prints it.</summary>
internal sealed record OperationDocument
{
    public required string Id { get; init; }

    /// <summary>What it does: Backup, Restore, Restart, Verify, Retention.</summary>
    public required string Name { get; init; }

    public required WorkflowState State { get; init; }

    /// <summary>Whether it has not ended and no process of this machine works on it.</summary>
    public required bool Interrupted { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public DateTimeOffset? Finished { get; init; }

    public required JsonElement Input { get; init; }

    public OperationStatus? Status { get; init; }

    public IReadOnlyList<PendingActivity> Activities { get; init; } = [];

    public JsonElement? Output { get; init; }

    public WorkflowFailure? Failure { get; init; }
}
