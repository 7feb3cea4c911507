namespace TfeBackup.Workflows.Orchestrations;

/// <summary>An operation as its host's journal has it.</summary>
public sealed record WorkflowInstance
{
    /// <summary>The operation's id.</summary>
    public required string Id { get; init; }

    /// <summary>The orchestration's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required WorkflowState State { get; init; }

    /// <summary>When it was started (UTC).</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it last moved (UTC).</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>When it ended (UTC); null while it runs.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Its input: JSON.</summary>
    public required string Input { get; init; }

    /// <summary>What it last gave to <see cref="IWorkflowContext.SetStatus"/>: JSON; null before it did.</summary>
    public string? Status { get; init; }

    /// <summary>Its output: JSON; null unless completed.</summary>
    public string? Output { get; init; }

    /// <summary>Why it failed or was terminated; null otherwise.</summary>
    public WorkflowFailure? Failure { get; init; }

    /// <summary>The activities that are scheduled or running, where the host can tell; else empty.</summary>
    public IReadOnlyList<PendingActivity> Activities { get; init; } = [];
}
