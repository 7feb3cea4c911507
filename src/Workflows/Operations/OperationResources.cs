using TfeBackup.Workflows.Storage;

namespace TfeBackup.Workflows.Operations;

/// <summary>What operations claim.</summary>
public static class OperationResources
{
    /// <summary>An installation: one backup, restore, restart or retention of it at a time.</summary>
    public static string Installation(string name) => $"installation/{name}";

    /// <summary>A backup: restores and checks share it, so that retention leaves it alone while they read.</summary>
    public static string Backup(BackupKey key) => $"backup/{key}";
}
