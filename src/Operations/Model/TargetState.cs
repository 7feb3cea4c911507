namespace TfeBackup.Operations.Model;

/// <summary>The state of a restore's target.</summary>
public enum TargetState
{
    /// <summary>Nothing: it is as it was.</summary>
    Unchanged,

    /// <summary>Either nothing, or all of it: an attempt is under way, or ended and nobody saw how.</summary>
    Unknown,

    /// <summary>It holds the backup.</summary>
    Restored,
}
