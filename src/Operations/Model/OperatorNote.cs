namespace TfeBackup.Operations.Model;

/// <summary>A note of an operator to an operation.</summary>
/// <param name="By">Who.</param>
/// <param name="Comment">Why, or what was done.</param>
public sealed record OperatorNote(string? By = null, string? Comment = null);
