namespace TfeBackup.Engine.Restores;

/// <summary>What became of a restore.</summary>
public enum RestoreState
{
    /// <summary>Nobody asked for it here, it is too long ago, or PostgreSQL does not know any more what became of its transaction.</summary>
    Unknown,

    /// <summary>It is under way; nothing of it can be seen.</summary>
    Running,

    /// <summary>Its rows are there, its objects are still being put in their places.</summary>
    Committed,

    /// <summary>All of it is there.</summary>
    Restored,

    /// <summary>It ended without effect: the installation is as it was before.</summary>
    Failed,
}
