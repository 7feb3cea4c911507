using System.Text.Json;
using TfeBackup.Workflows.Operations;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Http;

/// <summary>An operation.</summary>
internal sealed record OperationDocument
{
    public required string Id { get; init; }

    /// <summary>What it does: <c>Backup</c>, <c>Restore</c>, …</summary>
    public required string Name { get; init; }

    public required WorkflowState State { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public DateTimeOffset? Finished { get; init; }

    public required JsonElement Input { get; init; }

    public OperationStatus? Status { get; init; }

    public JsonElement? Output { get; init; }

    public WorkflowFailure? Failure { get; init; }

    public static OperationDocument From(WorkflowInstance instance) => new()
    {
        Id = instance.Id,
        Name = instance.Name,
        State = instance.State,
        Created = instance.Created,
        Updated = instance.Updated,
        Finished = instance.Finished,
        Input = JsonElement.Parse(instance.Input),
        Status = OperationService.ReadStatus(instance),
        Output = instance.Output is { } output ? JsonElement.Parse(output) : null,
        Failure = instance.Failure,
    };
}
