namespace TfeBackup.Operations.Model;

/// <summary>The kind of a check of a backup.</summary>
public enum CheckKind
{
    /// <summary>It was read back and compared; the latest one decides whether a backup is good.</summary>
    Verification,

    /// <summary>It was restored into a scratch installation. A failure may be that installation's, so it says nothing about the backup alone.</summary>
    Drill,
}
