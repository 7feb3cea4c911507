using Microsoft.Data.Sqlite;

namespace TfeBackup.Local.Runtime;

/// <summary>Histories in the journal.</summary>
internal static class History
{
    /// <summary>Reads a history entry by entry.</summary>
    public static IEnumerable<HistoryEvent> Read(SqliteConnection connection, string instance)
    {
        using var command = connection.Command(
            "SELECT sequence, kind, time, task, name, payload FROM history WHERE instance = $instance ORDER BY sequence",
            ("$instance", instance));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return new HistoryEvent(
                reader.GetInt64(0), (HistoryEventKind)reader.GetInt32(1), reader.Time(2), reader.GetInt32(3), reader.GetString(4),
                reader.GetString(5));
        }
    }

    public static void Append(SqliteConnection connection, string instance, HistoryEvent entry) =>
        connection.Execute(
            """
            INSERT INTO history (instance, sequence, kind, time, task, name, payload)
            VALUES ($instance, $sequence, $kind, $time, $task, $name, $payload)
            """,
            ("$instance", instance), ("$sequence", entry.Sequence), ("$kind", (int)entry.Kind), ("$time", entry.Time.UtcTicks),
            ("$task", entry.TaskId), ("$name", entry.Name), ("$payload", entry.Payload));
}
