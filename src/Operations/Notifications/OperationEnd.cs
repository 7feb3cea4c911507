using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Notifications;

/// <summary>The content of a notification: an operation and its result. It names secrets at most.</summary>
internal sealed record OperationEnd
{
    /// <summary>The operation's id.</summary>
    public required string Operation { get; init; }

    /// <summary>Its kind.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary><c>completed</c>, <c>failed</c>, <c>cancelled</c> or <c>skipped</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The installation it worked on.</summary>
    public string? Installation { get; init; }

    /// <summary>The backup it was about.</summary>
    public string? Backup { get; init; }

    /// <summary>Its size in bytes.</summary>
    public long? Size { get; init; }

    /// <summary>When it began (UTC).</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Its duration.</summary>
    public double? DurationSeconds { get; init; }

    /// <summary>The category of its failure.</summary>
    public OperationError? Error { get; init; }

    /// <summary>The reason it failed.</summary>
    public string? Failure { get; init; }

    /// <summary>Its warnings.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
