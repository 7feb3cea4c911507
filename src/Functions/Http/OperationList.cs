namespace TfeBackup.Functions.Http;

/// <summary>Operations, newest first.</summary>
internal sealed record OperationList(IReadOnlyList<OperationDocument> Operations);
