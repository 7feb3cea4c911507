namespace TfeBackup.Engine;

/// <summary>The operation that has an installation's lock, on any node.</summary>
public enum InstallationUse
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One or several backups.</summary>
    Backup,

    /// <summary>A restore, or the recovery of one.</summary>
    Restore,
}
