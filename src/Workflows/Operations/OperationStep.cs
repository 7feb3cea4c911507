namespace TfeBackup.Workflows.Operations;

/// <summary>One step of an operation.</summary>
public sealed record OperationStep
{
    /// <summary>What it does, in an operator's words: "stream", "verify".</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required OperationStepState State { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended (UTC); null while it runs.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>How often it was tried again.</summary>
    public int Retries { get; init; }

    /// <summary>What came of it, why it failed, or why it is being tried again.</summary>
    public string? Detail { get; init; }
}
