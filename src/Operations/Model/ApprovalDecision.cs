namespace TfeBackup.Operations.Model;

/// <summary>An operator's decision about an operation that asked for one.</summary>
/// <param name="Approved">True if it may go on.</param>
/// <param name="By">Who decided.</param>
/// <param name="Comment">Why.</param>
public sealed record ApprovalDecision(bool Approved, string? By = null, string? Comment = null);
