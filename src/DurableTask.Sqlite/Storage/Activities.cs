using DurableTask.Core;
using DurableTask.Core.History;
using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite.Storage;

/// <summary>Activities scheduled or running.</summary>
internal static class Activities
{
    private const string Ready =
        $"""
        SELECT number FROM task
        WHERE locked_by IS NULL AND available <= $now AND ($names IS NULL OR name COLLATE NOCASE IN (SELECT value FROM json_each($names)))
            AND {WorkFilter.InFamily}
        ORDER BY available, number LIMIT 1
        """;

    public static void Add(SqliteConnection connection, TaskMessage message, DateTime now) => connection.Execute(
        """
        INSERT INTO task (instance_id, execution_id, name, message, available) VALUES ($instance, $execution, $name, $message, $now)
        """,
        ("$instance", message.OrchestrationInstance.InstanceId), ("$execution", message.OrchestrationInstance.ExecutionId),
        ("$name", ((TaskScheduledEvent)message.Event).Name), ("$message", EventJson.Write(message)), ("$now", now.Ticks));

    public static bool AnyReady(SqliteConnection connection, WorkFilter filter, DateTime now) =>
        connection.Scalar<long>(Ready, ("$names", filter.Names), ("$only", filter.OnlyInstances), ("$now", now.Ticks)) > 0;

    /// <summary>Locks the activity that is ready for longest.</summary>
    public static LockedActivity? Lock(SqliteConnection connection, string worker, WorkFilter filter, DateTime now) => connection.Rows(
        $"""
        UPDATE task SET locked_by = $worker, lock = lock + 1, attempts = attempts + 1 WHERE number = ({Ready})
        RETURNING number, lock, attempts, instance_id, name, message
        """,
        reader => new LockedActivity(
            reader.GetInt64(0), reader.GetInt64(1), reader.GetInt32(2), reader.GetString(3), reader.GetString(4), reader.GetString(5)),
        ("$worker", worker), ("$names", filter.Names), ("$only", filter.OnlyInstances), ("$now", now.Ticks)).SingleOrDefault();

    /// <summary>Removes an activity that its holder has finished.</summary>
    /// <returns>True if it still was its holder's.</returns>
    public static bool Finish(SqliteConnection connection, LockedActivity activity, string worker) => connection.Execute(
        "DELETE FROM task WHERE number = $number AND lock = $lock AND locked_by = $worker",
        ("$number", activity.Number), ("$lock", activity.Lock), ("$worker", worker)) == 1;

    /// <summary>Lets go of an activity until it may be begun again. Where the host just stopped, this was no attempt that counts.</summary>
    public static bool Release(
        SqliteConnection connection, LockedActivity activity, string worker, DateTime available, bool counts) => connection.Execute(
        """
        UPDATE task SET locked_by = NULL, available = $available, attempts = attempts - $uncounted
        WHERE number = $number AND lock = $lock AND locked_by = $worker
        """,
        ("$number", activity.Number), ("$lock", activity.Lock), ("$worker", worker), ("$available", available.Ticks), ("$uncounted", counts ? 0 : 1)) == 1;

    public static void Clear(SqliteConnection connection, string instanceId) =>
        connection.Execute("DELETE FROM task WHERE instance_id = $id", ("$id", instanceId));
}
