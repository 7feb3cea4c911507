namespace TfeBackup.Engine.Database;

/// <summary>The outcome of a transaction whose connection was lost.</summary>
internal enum TransactionOutcome
{
    /// <summary>It committed: its changes are visible.</summary>
    Committed,

    /// <summary>It was rolled back: none of its changes are visible.</summary>
    Aborted,

    /// <summary>It is still in progress; ask again.</summary>
    InProgress,

    /// <summary>The server does not remember it (too long ago), or never knew it (another server).</summary>
    Unknown,
}
