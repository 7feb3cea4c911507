using System.Text.Json;
using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Http;

/// <summary>An operation.</summary>
internal sealed record OperationDocument
{
    public required string Id { get; init; }

    /// <summary>Its kind: <c>Backup</c>, <c>Restore</c>, …</summary>
    public required string Name { get; init; }

    public required OperationState State { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public DateTimeOffset? Finished { get; init; }

    public required JsonElement Input { get; init; }

    public OperationStatus? Status { get; init; }

    public JsonElement? Output { get; init; }

    public OperationFailure? Failure { get; init; }

    public static OperationDocument From(OperationInstance instance) => new()
    {
        Id = instance.Id,
        Name = instance.Name,
        State = instance.State,
        Created = instance.Created,
        Updated = instance.Updated,
        Finished = instance.Finished,
        Input = JsonElement.Parse(instance.Input),
        Status = instance.Status,
        Output = instance.Output is { } output ? JsonElement.Parse(output) : null,
        Failure = instance.Failure,
    };
}
