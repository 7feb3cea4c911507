using DurableTask.Core;
using DurableTask.Core.History;
using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite.Storage;

/// <summary>Instances: their locks, their states, and how they begin and end.</summary>
internal static class Instances
{
    private const string StateColumns =
        "id, execution_id, name, version, status, created, updated, completed, scheduled, custom_status, tags, parent, input, output, failure, number";

    // The instance whose due message has waited longest is next.
    private const string Ready =
        $"""
        SELECT instance.id FROM message JOIN instance ON instance.id = message.instance_id
        WHERE message.due <= $now AND instance.locked_by IS NULL AND instance.available <= $now
            AND ($names IS NULL OR instance.name COLLATE NOCASE IN (SELECT value FROM json_each($names)))
            AND {WorkFilter.InFamily}
        ORDER BY message.due, message.number LIMIT 1
        """;

    public static void Add(SqliteConnection connection, ExecutionStartedEvent started, DateTime now)
    {
        var scheduled = started.ScheduledStartTime?.ToUniversalTime();
        connection.Execute(
            """
            INSERT INTO instance (id, execution_id, name, version, status, input, tags, parent, parent_id, created, updated, scheduled, available)
            VALUES ($id, $execution, $name, $version, $status, $input, $tags, $parent, $parent_id, $now, $now, $scheduled, $available)
            """,
            ("$id", started.OrchestrationInstance.InstanceId), ("$execution", started.OrchestrationInstance.ExecutionId),
            ("$name", started.Name), ("$version", started.Version), ("$status", (int)OrchestrationStatus.Pending), ("$input", started.Input),
            ("$tags", EventJson.WriteOrNull(started.Tags)), ("$parent", EventJson.WriteOrNull(started.ParentInstance)),
            ("$parent_id", started.ParentInstance?.OrchestrationInstance.InstanceId), ("$now", now.Ticks), ("$scheduled", scheduled?.Ticks),
            ("$available", (scheduled > now ? scheduled.Value : now).Ticks));
        Messages.Add(connection, new TaskMessage { OrchestrationInstance = started.OrchestrationInstance, Event = started }, now);
    }

    public static bool AnyReady(SqliteConnection connection, WorkFilter filter, DateTime now) =>
        connection.Scalar<string>(Ready, ("$names", filter.Names), ("$only", filter.OnlyInstances), ("$now", now.Ticks)) is not null;

    public static LockedInstance? Lock(SqliteConnection connection, string worker, WorkFilter filter, DateTime now) => connection.Rows(
        $"UPDATE instance SET locked_by = $worker, lock = lock + 1, attempts = attempts + 1 WHERE id = ({Ready}) RETURNING number, id, execution_id, lock, attempts",
        reader => new LockedInstance(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt32(4)),
        ("$worker", worker), ("$names", filter.Names), ("$only", filter.OnlyInstances), ("$now", now.Ticks)).SingleOrDefault();

    public static bool Holds(SqliteConnection connection, LockedInstance instance, string worker) => connection.Scalar<long>(
        "SELECT EXISTS (SELECT 1 FROM instance WHERE number = $number AND lock = $lock AND locked_by = $worker)",
        ("$number", instance.Number), ("$lock", instance.Lock), ("$worker", worker)) == 1;

    /// <summary>Records how far an instance has come, if it still is its holder's, who may keep it to go on.</summary>
    public static bool Save(
        SqliteConnection connection, LockedInstance instance, string worker, OrchestrationState state, bool keepLock, DateTime now)
    {
        var ended = IsEnd(state.OrchestrationStatus);
        return connection.Execute(
            """
            UPDATE instance SET execution_id = $execution, name = $name, version = $version, status = $status, ended = $ended, input = $input,
                output = $output, failure = $failure, custom_status = $custom_status, tags = $tags, updated = $now, completed = $completed, attempts = 0,
                locked_by = iif($keep, locked_by, NULL)
            WHERE number = $number AND lock = $lock AND locked_by = $worker
            """,
            ("$number", instance.Number), ("$lock", instance.Lock), ("$worker", worker), ("$keep", keepLock && !ended),
            ("$execution", state.OrchestrationInstance.ExecutionId), ("$name", state.Name), ("$version", state.Version),
            ("$status", (int)state.OrchestrationStatus), ("$ended", ended), ("$input", state.Input), ("$output", ended ? state.Output : null),
            ("$failure", EventJson.WriteOrNull(state.FailureDetails)), ("$custom_status", state.Status),
            ("$tags", EventJson.WriteOrNull(state.Tags)), ("$now", now.Ticks), ("$completed", ended ? now.Ticks : null)) == 1;
    }

    /// <summary>Lets go of an instance, until it may be tried again.</summary>
    public static bool Release(SqliteConnection connection, LockedInstance instance, string worker, DateTime? available) => connection.Execute(
        """
        UPDATE instance SET locked_by = NULL, available = coalesce($available, available) WHERE number = $number AND lock = $lock AND locked_by = $worker
        """,
        ("$number", instance.Number), ("$lock", instance.Lock), ("$worker", worker), ("$available", available?.Ticks)) == 1;

    /// <summary>Ends an instance that has not begun and is not locked.</summary>
    public static bool TerminatePending(SqliteConnection connection, string id, string? reason, DateTime now) => connection.Execute(
        """
        UPDATE instance SET status = $terminated, ended = 1, output = $reason, updated = $now, completed = $now
        WHERE id = $id AND status = $pending AND locked_by IS NULL
        """,
        ("$id", id), ("$terminated", (int)OrchestrationStatus.Terminated), ("$pending", (int)OrchestrationStatus.Pending), ("$reason", reason),
        ("$now", now.Ticks)) == 1;

    public static OrchestrationState? Read(SqliteConnection connection, string id) => connection.Rows(
        $"SELECT {StateColumns} FROM instance WHERE id = $id", reader => ReadState(reader, payloads: true), ("$id", id)).SingleOrDefault();

    /// <summary>An instance's sub-orchestrations that have (not) ended, and theirs.</summary>
    public static List<string> Descendants(SqliteConnection connection, string id, bool ended) => connection.Rows(
        """
        WITH RECURSIVE descendant (id, ended) AS (
            SELECT id, ended FROM instance WHERE parent_id = $id
            UNION SELECT instance.id, instance.ended FROM instance JOIN descendant ON instance.parent_id = descendant.id
        )
        SELECT id FROM descendant WHERE ended = $ended
        """,
        reader => reader.GetString(0), ("$id", id), ("$ended", ended));

    /// <summary>The newest first. Rows are numbered as they are added, so the last number of a page is where the next begins.</summary>
    public static List<(long Number, OrchestrationState State)> Find(SqliteConnection connection, InstanceFilter filter, int limit) =>
        connection.Rows(
            $"""
            SELECT {StateColumns} FROM instance
            WHERE ($before IS NULL OR number < $before)
                AND ($from IS NULL OR created >= $from) AND ($to IS NULL OR created <= $to)
                AND ($ended_from IS NULL OR completed >= $ended_from) AND ($ended_to IS NULL OR completed <= $ended_to)
                AND ($prefix IS NULL OR substr(id, 1, length($prefix)) = $prefix)
                AND ($name IS NULL OR name = $name)
                AND ($statuses IS NULL OR status IN (SELECT value FROM json_each($statuses)))
                AND ($ended_only = 0 OR ended = 1)
            ORDER BY number DESC LIMIT $limit
            """,
            reader => (reader.GetInt64(15), ReadState(reader, filter.Payloads)),
            ("$before", filter.Before), ("$from", filter.CreatedFrom?.Ticks), ("$to", filter.CreatedTo?.Ticks),
            ("$ended_from", filter.EndedFrom?.Ticks), ("$ended_to", filter.EndedTo?.Ticks), ("$prefix", filter.IdPrefix), ("$name", filter.Name),
            ("$statuses", filter.Statuses is { Count: > 0 } statuses ? $"[{string.Join(',', statuses.Select(s => (int)s))}]" : null),
            ("$ended_only", filter.EndedOnly), ("$limit", limit));

    /// <summary>Removes an instance and all that belongs to it.</summary>
    public static bool Purge(SqliteConnection connection, string id)
    {
        Histories.Clear(connection, id);
        Messages.Clear(connection, id);
        Activities.Clear(connection, id);
        return connection.Execute("DELETE FROM instance WHERE id = $id", ("$id", id)) == 1;
    }

    public static bool IsEnd(OrchestrationStatus status) =>
        status is OrchestrationStatus.Completed or OrchestrationStatus.Failed or OrchestrationStatus.Terminated or OrchestrationStatus.Canceled;

    private static OrchestrationState ReadState(SqliteDataReader reader, bool payloads) => new()
    {
        OrchestrationInstance = new OrchestrationInstance { InstanceId = reader.GetString(0), ExecutionId = reader.GetString(1) },
        Name = reader.GetString(2),
        Version = reader.Text(3),
        OrchestrationStatus = (OrchestrationStatus)reader.GetInt32(4),
        CreatedTime = reader.Time(5),
        LastUpdatedTime = reader.Time(6),
        CompletedTime = reader.IsDBNull(7) ? DateTime.MaxValue : reader.Time(7),
        ScheduledStartTime = reader.IsDBNull(8) ? null : reader.Time(8),
        Status = reader.Text(9),
        Tags = EventJson.ReadOrNull<Dictionary<string, string>>(reader.Text(10)),
        ParentInstance = EventJson.ReadOrNull<ParentInstance>(reader.Text(11)),
        Input = payloads ? reader.Text(12) : null,
        Output = payloads ? reader.Text(13) : null,
        FailureDetails = payloads ? EventJson.ReadOrNull<FailureDetails>(reader.Text(14)) : null,
    };
}
