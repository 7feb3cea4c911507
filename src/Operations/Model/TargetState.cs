namespace TfeBackup.Operations.Model;

/// <summary>The state of a restore's target.</summary>
public enum TargetState
{
    /// <summary>Nothing: it is as it was.</summary>
    Unchanged,

    /// <summary>Unchanged or completely restored: an attempt is in progress, or its outcome is unknown.</summary>
    Unknown,

    /// <summary>It holds the backup.</summary>
    Restored,
}
