using System.Text.Json.Serialization;

namespace TfeBackup.Operations.Model;

/// <summary>A later check of a published backup: <c>&lt;installation&gt;/&lt;id&gt;/checks/&lt;time&gt;.json</c>, written once.</summary>
public sealed record CheckRecord
{
    /// <summary>The layout of this document: 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Its kind.</summary>
    public CheckKind Kind { get; init; }

    /// <summary>When the check was finished (UTC); names the document, to the millisecond.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The operation that checked.</summary>
    public required string OperationId { get; init; }

    /// <summary>True if the backup is what its record says.</summary>
    public required bool Passed { get; init; }

    /// <summary>The failure; null if it passed.</summary>
    public string? Failure { get; init; }

    /// <summary>
    /// True if it finds the backup good; null where it says nothing of it: a drill, or a check that was given a wrong password, which earlier versions
    /// recorded.
    /// </summary>
    [JsonIgnore]
    public bool? Verdict =>
        Kind != CheckKind.Verification || (!Passed && Failure?.StartsWith($"{OperationError.WrongPassword}:", StringComparison.Ordinal) == true) ? null : Passed;

    /// <summary>The proof; null when it failed, or was a drill.</summary>
    public BackupVerification? Verification { get; init; }

    /// <summary>The result of a drill; null for other checks.</summary>
    public DrillResult? Drill { get; init; }
}
