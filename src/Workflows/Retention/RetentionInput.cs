namespace TfeBackup.Workflows.Retention;

/// <summary>Asks to remove the backups of an installation that need not be kept.</summary>
/// <param name="Installation">Which installation.</param>
/// <param name="DryRun">Only say what would be removed.</param>
/// <param name="Due">When it was due (UTC); null where an operator asked for it.</param>
public sealed record RetentionInput(string Installation, bool DryRun, DateTimeOffset? Due = null);
