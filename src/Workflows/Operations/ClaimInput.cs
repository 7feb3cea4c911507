namespace TfeBackup.Workflows.Operations;

internal sealed record ClaimInput(string Resource, bool Exclusive);

internal sealed record ClaimOutput(string? Holder);
