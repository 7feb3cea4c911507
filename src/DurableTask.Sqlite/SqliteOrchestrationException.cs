namespace DurableTask.Sqlite;

/// <summary>A database file cannot be used. The message names the file and says what to do.</summary>
public sealed class SqliteOrchestrationException(SqliteOrchestrationError error, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The reason.</summary>
    public SqliteOrchestrationError Error { get; } = error;
}
