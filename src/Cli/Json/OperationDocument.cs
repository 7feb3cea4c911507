using System.Diagnostics.CodeAnalysis;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Json;

/// <summary>An operation, as every command that runs or shows one prints it.</summary>
internal sealed record OperationDocument : OperationInstance
{
    [SetsRequiredMembers]
    internal OperationDocument(OperationInstance operation)
        : base(operation)
    {
    }

    /// <summary>True if it has not ended and no process of this machine works on it.</summary>
    public bool Interrupted { get; init; }

    /// <summary>The progress of the running activity; null if unknown.</summary>
    public ActivityProgress? Progress { get; init; }
}
