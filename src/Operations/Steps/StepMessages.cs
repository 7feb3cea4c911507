using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Steps;

/// <param name="Resource">The resource.</param>
/// <param name="Exclusive">True if it excludes all other claims, false if only exclusive ones.</param>
/// <param name="Kind">What the operation does, with its first claim: from then on it has begun.</param>
/// <param name="Installation">The installation it works on.</param>
internal sealed record ClaimInput(string Resource, bool Exclusive, OperationKind? Kind = null, string? Installation = null);

internal sealed record ClaimOutput(string? Holder);

/// <param name="Kind">What the operation did.</param>
/// <param name="Installation">The installation it worked on.</param>
/// <param name="Backup">The backup it was about.</param>
/// <param name="Size">Its size.</param>
/// <param name="Failure">The failure, as category and message; null if it succeeded.</param>
/// <param name="Warnings">Its warnings.</param>
internal sealed record ReportInput(
    OperationKind Kind, string? Installation, string? Backup, long? Size, string? Failure, IReadOnlyList<string> Warnings)
{
    /// <summary>When it began; null where an earlier version reported it, as below.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Its duration, without the time it waited for operators.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The purpose of the backup; null if none was requested.</summary>
    public BackupPurpose? Purpose { get; init; }

    /// <summary>The restart in it.</summary>
    public MeasuredPart? Restart { get; init; }

    /// <summary>The result of a drill; null where none got as far as its scratch installation.</summary>
    public DrillReport? Drill { get; init; }

    /// <summary>The operation in the way of one that was due and was skipped; null if it ran.</summary>
    public SkippedTick? Skipped { get; init; }
}

/// <summary>A part of an operation that is measured by itself.</summary>
/// <param name="Duration">Its duration, without the time it waited for operators.</param>
/// <param name="Error">The failure's category; null if it succeeded.</param>
internal sealed record MeasuredPart(TimeSpan Duration, OperationError? Error);

/// <param name="Into">The scratch installation.</param>
/// <param name="Compared">True if content was compared.</param>
/// <param name="Rows">Rows of the backup.</param>
/// <param name="Objects">Objects of the backup.</param>
/// <param name="Differences">The number of differences.</param>
internal sealed record DrillReport(string Into, bool Compared, long Rows, long Objects, long Differences);

/// <param name="Due">When it was due (UTC).</param>
/// <param name="Holder">The operation in the way.</param>
internal sealed record SkippedTick(DateTimeOffset Due, string Holder);

/// <param name="Notify">The notifications to send, by name.</param>
internal sealed record ReportOutput(IReadOnlyList<string>? Notify);

internal sealed record InstallationInput(string Installation);

internal sealed record InstallationAnswer(bool Ready, string Detail, InstallationContent Content, string? ProductVersion, long? FreeBytes = null);
