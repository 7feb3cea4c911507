using DurableTask.Core.History;
using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite.Storage;

/// <summary>The histories of instances. A history is appended to, never rewritten; an instance that continues as new begins another.</summary>
internal static class Histories
{
    public static List<HistoryEvent> Read(SqliteConnection connection, string instanceId) => connection.Rows(
        "SELECT event FROM history WHERE instance_id = $id ORDER BY sequence",
        reader => EventJson.Read<HistoryEvent>(reader.GetString(0)),
        ("$id", instanceId));

    public static void Append(SqliteConnection connection, string instanceId, int sequence, HistoryEvent entry) => connection.Execute(
        "INSERT INTO history (instance_id, sequence, event) VALUES ($id, $sequence, $event)",
        ("$id", instanceId), ("$sequence", sequence), ("$event", EventJson.Write(entry)));

    public static void Clear(SqliteConnection connection, string instanceId) =>
        connection.Execute("DELETE FROM history WHERE instance_id = $id", ("$id", instanceId));
}
