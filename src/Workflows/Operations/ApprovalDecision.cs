namespace TfeBackup.Workflows.Operations;

/// <summary>An operator's decision about an operation that asked for one.</summary>
/// <param name="Approved">Whether it may go on.</param>
/// <param name="By">Who decided.</param>
/// <param name="Comment">Why.</param>
public sealed record ApprovalDecision(bool Approved, string? By = null, string? Comment = null);
