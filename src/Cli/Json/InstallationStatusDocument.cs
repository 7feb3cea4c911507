using TfeBackup.Operations;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Json;

/// <summary>One installation in the output of <c>status</c>. Members without a value are left out.</summary>
internal sealed record InstallationStatusDocument
{
    public required string Installation { get; init; }

    public required AssessmentLevel Level { get; init; }

    /// <summary>The reasons it is not better, worst first.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>The newest verified backup.</summary>
    public string? Backup { get; init; }

    public DateTimeOffset? Taken { get; init; }

    public long? AgeSeconds { get; init; }

    public long? RpoSeconds { get; init; }

    public long? Size { get; init; }

    /// <summary>The number of published backups.</summary>
    public int? Stored { get; init; }

    public long? StoredBytes { get; init; }

    /// <summary>When a drill passed last.</summary>
    public DateTimeOffset? LastDrill { get; init; }

    public DateTimeOffset? NextBackup { get; init; }

    public DateTimeOffset? NextDrill { get; init; }

    /// <summary>The operations that have not ended.</summary>
    public required IReadOnlyList<RunningOperationDocument> Operations { get; init; }
}

/// <summary>An operation that has not ended, in the output of <c>status</c>.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its kind.</param>
/// <param name="Created">When it was started.</param>
/// <param name="Interrupted">True if no process of this machine works on it.</param>
/// <param name="Step">The step it is at.</param>
/// <param name="Progress">How far that has come.</param>
internal sealed record RunningOperationDocument(
    string Id, string Name, DateTimeOffset Created, bool Interrupted, string? Step, ActivityProgress? Progress);
