namespace TfeBackup.Workflows.Retention;

/// <param name="Installation">Which installation.</param>
/// <param name="Policy">Null to take the configured one.</param>
/// <param name="DryRun">Only say what would be removed.</param>
internal sealed record PruneInput(string Installation, RetentionPolicy? Policy, bool DryRun);
