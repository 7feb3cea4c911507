namespace TfeBackup.Workflows.Operations;

/// <summary>What an operation says about itself while it runs, and what remains afterwards: its history for operators.</summary>
public sealed record OperationStatus
{
    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The installation it works on; the target, for a restore.</summary>
    public string? Installation { get; init; }

    /// <summary>The backup it makes, restores or checks, once known: <c>installation/id</c>.</summary>
    public string? Backup { get; init; }

    /// <summary>Its steps, in the order they began.</summary>
    public required IReadOnlyList<OperationStep> Steps { get; init; }

    /// <summary>What it waits for an operator to do; null when it does not.</summary>
    public OperationWait? Waiting { get; init; }

    /// <summary>What went wrong without making it fail.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
