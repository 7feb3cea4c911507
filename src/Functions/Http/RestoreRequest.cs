using System.Text.Json.Serialization;

namespace TfeBackup.Functions.Http;

/// <summary>Asks for a restore into the installation that the path names.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RestoreRequest
{
    /// <summary>A backup's id, or <c>latest</c>.</summary>
    public required string Backup { get; init; }

    /// <summary>The installation it was taken from; null for the only one that has any.</summary>
    public string? From { get; init; }

    /// <summary>True if a target that holds data may be overwritten.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The caller's word that a target is empty that does not say what it holds.</summary>
    public bool TargetIsEmpty { get; init; }

    /// <summary>The target's name, repeated, to give up what it holds without a safety backup.</summary>
    public string? NoSafetyBackup { get; init; }

    /// <summary>Constraints that the backup's rows break, to be put back <c>NOT VALID</c>: <c>schema.table.constraint</c>.</summary>
    public IReadOnlyList<string>? NotValid { get; init; }

    /// <summary>True to be told the plan, without anything being started.</summary>
    public bool DryRun { get; init; }

    /// <summary>True if an operator is asked first.</summary>
    public ApprovalRequirement Approval { get; init; }
}
