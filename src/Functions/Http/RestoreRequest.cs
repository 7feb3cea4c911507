using System.Text.Json.Serialization;

namespace TfeBackup.Functions.Http;

/// <summary>Asks for a restore into the installation that the path names.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RestoreRequest
{
    /// <summary>A backup's id, or <c>latest</c>.</summary>
    public required string Backup { get; init; }

    /// <summary>The installation it was taken from; null for the target itself, or the only one that has any.</summary>
    public string? From { get; init; }

    /// <summary>Whether a target that holds data may be overwritten.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether an operator is asked first.</summary>
    public ApprovalRequirement Approval { get; init; }
}
