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

    /// <summary>What a drill has come to; null where none got as far as its scratch installation.</summary>
    public DrillReport? Drill { get; init; }

    /// <summary>What was in the way of an operation that was due and so did not run; null where it ran.</summary>
    public SkippedTick? Skipped { get; init; }
}

/// <summary>A part of an operation that is measured by itself.</summary>
/// <param name="Duration">How long it took, without the time it waited for operators.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
internal sealed record MeasuredPart(TimeSpan Duration, WorkflowError? Error);

/// <param name="Into">The scratch installation.</param>
/// <param name="Compared">Whether content was compared.</param>
/// <param name="Rows">Rows of the backup.</param>
/// <param name="Objects">Objects of the backup.</param>
/// <param name="Differences">How many differences there are.</param>
internal sealed record DrillReport(string Into, bool Compared, long Rows, long Objects, long Differences);

/// <param name="Due">When it was due (UTC).</param>
/// <param name="Holder">The operation in the way.</param>
internal sealed record SkippedTick(DateTimeOffset Due, string Holder);

/// <param name="Reported">True.</param>
/// <param name="Notify">The notifications to send, by name.</param>
internal sealed record ReportOutput(bool Reported, IReadOnlyList<string>? Notify = null);
