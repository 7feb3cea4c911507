namespace TfeBackup.Operations;

/// <summary>How an installation's backups are, with the values that monitoring plugins have as exit codes.</summary>
public enum AssessmentLevel
{
    /// <summary>As it should be.</summary>
    Ok = 0,

    /// <summary>Somebody should look at it.</summary>
    Warning = 1,

    /// <summary>There is no backup that is recent enough.</summary>
    Critical = 2,

    /// <summary>It cannot be told.</summary>
    Unknown = 3,
}
