namespace TfeBackup.Operations.Model;

/// <summary>The purpose of a backup.</summary>
public enum BackupPurpose
{
    /// <summary>An operator asked for it.</summary>
    Requested,

    /// <summary>Its schedule was due.</summary>
    Scheduled,

    /// <summary>A restore was about to overwrite the installation.</summary>
    Safety,
}
