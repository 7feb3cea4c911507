namespace TfeBackup.Workflows.Storage;

/// <summary>A later check of a published backup: <c>&lt;installation&gt;/&lt;id&gt;/checks/&lt;time&gt;.json</c>, written once.</summary>
public sealed record CheckRecord
{
    /// <summary>The layout of this document: 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>What it was.</summary>
    public CheckKind Kind { get; init; }

    /// <summary>When the check was finished (UTC); names the document, to the millisecond.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The operation that checked.</summary>
    public required string OperationId { get; init; }

    /// <summary>Whether the backup is what its record says.</summary>
    public required bool Passed { get; init; }

    /// <summary>Why not; null when it passed.</summary>
    public string? Failure { get; init; }

    /// <summary>What was proven; null when it failed, or was a drill.</summary>
    public BackupVerification? Verification { get; init; }

    /// <summary>What a drill came to; null when it was none.</summary>
    public DrillResult? Drill { get; init; }
}
