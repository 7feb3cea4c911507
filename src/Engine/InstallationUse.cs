namespace TfeBackup.Engine;

/// <summary>What works on an installation, on any node.</summary>
public enum InstallationUse
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One or several backups.</summary>
    Backup,

    /// <summary>A restore, or the recovery of one.</summary>
    Restore,
}
