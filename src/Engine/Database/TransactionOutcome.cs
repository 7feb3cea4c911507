namespace TfeBackup.Engine.Database;

/// <summary>What became of a transaction whose connection was lost.</summary>
public enum TransactionOutcome
{
    /// <summary>It committed: its changes are there.</summary>
    Committed,

    /// <summary>It was rolled back: nothing of it is there.</summary>
    Aborted,

    /// <summary>The server still works on it; ask again.</summary>
    InProgress,

    /// <summary>The server does not remember it (too long ago), or never knew it (another server).</summary>
    Unknown,
}
