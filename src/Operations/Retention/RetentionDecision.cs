namespace TfeBackup.Operations.Retention;

/// <summary>The decision of retention on one backup.</summary>
/// <param name="Backup">Which.</param>
/// <param name="Reasons">The rules that keep it; none, and it may go.</param>
public sealed record RetentionDecision(RetentionCandidate Backup, IReadOnlyList<string> Reasons)
{
    /// <summary>True if it stays.</summary>
    public bool Keep => Reasons.Count > 0;
}
