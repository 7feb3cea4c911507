namespace TfeBackup.Azure.Operations;

/// <summary>One line of a resource's blob: who has it, and whether alone.</summary>
internal sealed record OperationClaim(string Operation, bool Exclusive);
