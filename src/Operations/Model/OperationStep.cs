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

    /// <summary>The number of retries, those of a worker that died among them.</summary>
    public int Retries { get; init; }

    /// <summary>The most retries there may be; null before the first.</summary>
    public int? MostRetries { get; init; }

    /// <summary>When the last of them may begin at the latest (UTC); null before the first, or where nothing limits it.</summary>
    public DateTimeOffset? RetriesUntil { get; init; }

    /// <summary>Its result, or the reason why it failed or is retried.</summary>
    public string? Detail { get; init; }
}
