namespace DurableTask.Sqlite.History;

/// <summary>An orchestrator's code does not reproduce a recorded history. The message names what is recorded and what the code does.</summary>
public sealed class HistoryMismatchException(string message) : Exception(message);
