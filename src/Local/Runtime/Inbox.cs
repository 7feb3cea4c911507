using Microsoft.Data.Sqlite;

namespace TfeBackup.Local.Runtime;

/// <summary>What operations are yet to be told.</summary>
internal static class Inbox
{
    public static void Add(
        SqliteConnection connection, string instance, long due, HistoryEventKind kind, int task, string name, string payload) =>
        connection.Execute(
            "INSERT INTO inbox (instance, due, kind, task, name, payload) VALUES ($instance, $due, $kind, $task, $name, $payload)",
            ("$instance", instance), ("$due", due), ("$kind", (int)kind), ("$task", task), ("$name", name), ("$payload", payload));

    /// <summary>What an operation can be told now, in the order it came about.</summary>
    public static List<InboxMessage> Read(SqliteConnection connection, string instance, long now)
    {
        var messages = new List<InboxMessage>();
        using var command = connection.Command(
            """
            SELECT number, kind, task, name, payload FROM inbox
            WHERE instance = $instance AND due <= $now ORDER BY due, number LIMIT 100
            """,
            ("$instance", instance), ("$now", now));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            messages.Add(new InboxMessage(
                reader.GetInt64(0), (HistoryEventKind)reader.GetInt32(1), reader.GetInt32(2), reader.GetString(3), reader.GetString(4)));
        }

        return messages;
    }

    public static void Remove(SqliteConnection connection, long number) =>
        connection.Execute("DELETE FROM inbox WHERE number = $number", ("$number", number));

    public static void RemoveTimer(SqliteConnection connection, string instance, int task) =>
        connection.Execute(
            "DELETE FROM inbox WHERE instance = $instance AND kind = $kind AND task = $task",
            ("$instance", instance), ("$kind", (int)HistoryEventKind.TimerFired), ("$task", task));

    /// <summary>Once an operation has ended it is told nothing, and nothing runs for it. Running activities notice that they are gone.</summary>
    public static void Clear(SqliteConnection connection, string instance)
    {
        connection.Execute("DELETE FROM inbox WHERE instance = $instance", ("$instance", instance));
        connection.Execute("DELETE FROM activity WHERE instance = $instance", ("$instance", instance));
        connection.Execute("DELETE FROM claim WHERE operation = $instance", ("$instance", instance));
    }
}

internal sealed record InboxMessage(long Number, HistoryEventKind Kind, int Task, string Name, string Payload);
