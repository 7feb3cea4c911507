namespace TfeBackup.Operations.Model;

/// <summary>The resources that operations claim.</summary>
internal static class OperationResources
{
    /// <summary>An installation: one backup, restore, restart or retention of it at a time.</summary>
    public static string Installation(string name) => $"installation/{name}";

    /// <summary>A backup: restores and checks share it, so that retention leaves it alone while they read.</summary>
    public static string Backup(BackupKey key) => $"backup/{key}";

    /// <summary>An operation's cancellation, claimed by the operation itself: who finds it claimed begins no change on its behalf.</summary>
    public static string Cancellation(string operationId) => $"cancellation/{operationId}";
}
