namespace TfeBackup.Workflows.Configuration;

/// <summary>How an installation's application is restarted.</summary>
public enum RestartKind
{
    /// <summary>By the operator: the operation waits for the word that it is done. The default.</summary>
    Manual,

    /// <summary>By commands on the machine the activities run on.</summary>
    Command,
}
