namespace TfeBackup.Operations.Model;

/// <summary>One step of an operation.</summary>
public sealed record OperationStep
{
    /// <summary>Its name, in an operator's words: "stream", "verify".</summary>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    public required OperationStepState State { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended (UTC); null while it runs.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>The number of retries.</summary>
    public int Retries { get; init; }

    /// <summary>Its result, or the reason why it failed or is retried.</summary>
    public string? Detail { get; init; }
}
