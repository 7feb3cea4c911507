using TfeBackup.Operations.Model;

namespace TfeBackup.Functions.Http;

/// <summary>Operations, newest first.</summary>
internal sealed record OperationList(IReadOnlyList<OperationInstance> Operations);
