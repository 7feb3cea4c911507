using TfeBackup.Operations.Model;

namespace TfeBackup.Operations;

/// <summary>The answer for one installation to "am I safe?".</summary>
public sealed record InstallationAssessment
{
    /// <summary>Which installation.</summary>
    public required string Installation { get; init; }

    /// <summary>The level.</summary>
    public AssessmentLevel Level { get; init; }

    /// <summary>The reasons it is not better: sentences, worst first; empty if all is well.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Its backups; null where the store could not be read.</summary>
    public InstallationState? State { get; init; }

    /// <summary>The age of the newest verified backup; null if there is none.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Its maximum age; null if not configured.</summary>
    public TimeSpan? Rpo { get; init; }

    /// <summary>When the next backup is due (UTC); null without a schedule.</summary>
    public DateTimeOffset? NextBackup { get; init; }

    /// <summary>When the next drill is due (UTC); null without a schedule.</summary>
    public DateTimeOffset? NextDrill { get; init; }

    /// <summary>Its operations that have not ended, newest first.</summary>
    public IReadOnlyList<OperationInstance> Operations { get; init; } = [];

    /// <summary>Combines several levels into the worst of them; unknown ranks above a warning.</summary>
    public static AssessmentLevel Combine(IEnumerable<InstallationAssessment> assessments)
    {
        ArgumentNullException.ThrowIfNull(assessments);
        return assessments.Select(assessment => assessment.Level).DefaultIfEmpty(AssessmentLevel.Ok).MaxBy(Severity);
    }

    internal static int Severity(AssessmentLevel level) => level switch
    {
        AssessmentLevel.Ok => 0,
        AssessmentLevel.Warning => 1,
        AssessmentLevel.Unknown => 2,
        _ => 3,
    };
}
