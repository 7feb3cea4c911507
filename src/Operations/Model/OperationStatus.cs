namespace TfeBackup.Operations.Model;

/// <summary>The status of an operation while it runs and afterwards: its history for operators.</summary>
public sealed record OperationStatus
{
    /// <summary>Its kind.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The installation it works on; the target, for a restore.</summary>
    public string? Installation { get; init; }

    /// <summary>The backup it makes, restores or checks, once known: <c>installation/id</c>.</summary>
    public string? Backup { get; init; }

    /// <summary>The state of a restore's target; null for other operations.</summary>
    public TargetState? Target { get; init; }

    /// <summary>The plan of a restore, once it has one; null for other operations.</summary>
    public RestorePreview? Plan { get; init; }

    /// <summary>Its steps, in the order they began.</summary>
    public required IReadOnlyList<OperationStep> Steps { get; init; }

    /// <summary>The operator's decision or action it waits for; null when it does not wait.</summary>
    public OperationWait? Waiting { get; init; }

    /// <summary>Its warnings.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
