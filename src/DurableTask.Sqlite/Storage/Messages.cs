using DurableTask.Core;
using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite.Storage;

/// <summary>Messages not yet delivered to instances.</summary>
internal static class Messages
{
    /// <summary>The number taken at once; the rest follows.</summary>
    private const int BatchSize = 1_000;

    /// <summary>Adds a message, unless its instance is unknown, has ended, or is another execution by now.</summary>
    /// <returns>True if it was added.</returns>
    public static bool Add(SqliteConnection connection, TaskMessage message, DateTime due)
    {
        var target = message.OrchestrationInstance;
        return connection.Execute(
            """
            INSERT INTO message (instance_id, execution_id, due, message)
            SELECT id, $execution, $due, $message FROM instance
            WHERE id = $id AND ended = 0 AND ($execution IS NULL OR execution_id = $execution)
            """,
            ("$id", target.InstanceId), ("$execution", string.IsNullOrEmpty(target.ExecutionId) ? null : target.ExecutionId), ("$due", due.Ticks), ("$message", EventJson.Write(message))) == 1;
    }

    public static List<(long Number, TaskMessage Message)> Due(SqliteConnection connection, string instanceId, DateTime now) => connection.Rows(
        "SELECT number, message FROM message WHERE instance_id = $id AND due <= $now ORDER BY number LIMIT $limit",
        reader => (reader.GetInt64(0), EventJson.Read<TaskMessage>(reader.GetString(1))),
        ("$id", instanceId), ("$now", now.Ticks), ("$limit", BatchSize));

    public static void Remove(SqliteConnection connection, IEnumerable<long> numbers)
    {
        foreach (var number in numbers)
        {
            connection.Execute("DELETE FROM message WHERE number = $number", ("$number", number));
        }
    }

    /// <summary>Removes what was meant for an execution that has continued as new; events, which are for the instance, stay.</summary>
    public static void ClearExecution(SqliteConnection connection, string instanceId, string executionId) => connection.Execute(
        "DELETE FROM message WHERE instance_id = $id AND execution_id = $execution", ("$id", instanceId), ("$execution", executionId));

    public static void Clear(SqliteConnection connection, string instanceId) =>
        connection.Execute("DELETE FROM message WHERE instance_id = $id", ("$id", instanceId));
}
