namespace TfeBackup.Azure.Claims;

/// <summary>One line of a resource's blob: who has it, and whether alone.</summary>
internal sealed record OperationClaim(string Operation, bool Exclusive);
