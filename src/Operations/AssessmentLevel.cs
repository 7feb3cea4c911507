namespace TfeBackup.Operations;

/// <summary>The level of an installation's assessment, with the exit codes of monitoring plugins as values.</summary>
public enum AssessmentLevel
{
    /// <summary>As it should be.</summary>
    Ok = 0,

    /// <summary>Somebody should look at it.</summary>
    Warning = 1,

    /// <summary>There is no backup that is recent enough.</summary>
    Critical = 2,

    /// <summary>It cannot be determined.</summary>
    Unknown = 3,
}
