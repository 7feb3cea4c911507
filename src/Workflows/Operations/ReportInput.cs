using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Operations;

/// <param name="Kind">What the operation did.</param>
/// <param name="Installation">The installation it worked on.</param>
/// <param name="Backup">The backup it was about.</param>
/// <param name="Size">Its size.</param>
/// <param name="Failure">Why it failed: category and message; null when it did not.</param>
/// <param name="Warnings">What else went wrong.</param>
internal sealed record ReportInput(
    OperationKind Kind, string? Installation, string? Backup, long? Size, string? Failure, IReadOnlyList<string> Warnings)
{
    /// <summary>When it began; null where an earlier version reported it, as below.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>How long it took, without the time it waited for operators.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Why the backup was taken; null where none was to be.</summary>
    public BackupPurpose? Purpose { get; init; }

    /// <summary>The restart in it.</summary>
    public MeasuredPart? Restart { get; init; }
}

/// <summary>A part of an operation that is measured by itself.</summary>
/// <param name="Duration">How long it took, without the time it waited for operators.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
internal sealed record MeasuredPart(TimeSpan Duration, WorkflowError? Error);

internal sealed record ReportOutput(bool Reported);
