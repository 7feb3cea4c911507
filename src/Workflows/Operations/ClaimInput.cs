namespace TfeBackup.Workflows.Operations;

/// <param name="Resource">What is claimed.</param>
/// <param name="Exclusive">Whether it excludes everybody else, or only exclusive claims.</param>
/// <param name="Kind">What the operation does, with its first claim: from then on it has begun.</param>
/// <param name="Installation">The installation it works on.</param>
internal sealed record ClaimInput(string Resource, bool Exclusive, OperationKind? Kind = null, string? Installation = null);

internal sealed record ClaimOutput(string? Holder);
