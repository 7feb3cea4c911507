namespace TfeBackup.Operations.Model;

/// <summary>The outcome of a restore, as the target remembers it.</summary>
public enum RestoreOutcome
{
    /// <summary>The installation does not remember, or cannot be asked.</summary>
    Unknown,

    /// <summary>It is still under way.</summary>
    Running,

    /// <summary>The installation holds what was restored.</summary>
    Applied,

    /// <summary>It failed and changed nothing.</summary>
    NotApplied,
}
