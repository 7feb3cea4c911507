namespace TfeBackup.Engine.Restores;

/// <summary>The state of a restore.</summary>
public enum RestoreState
{
    /// <summary>Not requested here, too long ago, or PostgreSQL no longer knows the outcome of its transaction.</summary>
    Unknown,

    /// <summary>It is under way; nothing of it can be seen.</summary>
    Running,

    /// <summary>Its rows are committed, its objects are still being put in place.</summary>
    Committed,

    /// <summary>All of it is there.</summary>
    Restored,

    /// <summary>It ended without effect: the installation is as it was before.</summary>
    Failed,
}
