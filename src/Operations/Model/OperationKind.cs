namespace TfeBackup.Operations.Model;

/// <summary>The kind of an operation.</summary>
public enum OperationKind
{
    /// <summary>Takes, verifies and publishes a backup.</summary>
    Backup,

    /// <summary>Restores a backup into an installation.</summary>
    Restore,

    /// <summary>Restarts an installation's application.</summary>
    Restart,

    /// <summary>Checks a published backup.</summary>
    Verify,

    /// <summary>Removes the backups that need not be kept.</summary>
    Retention,

    /// <summary>Restores the newest backup into a scratch installation and compares.</summary>
    Drill,
}
