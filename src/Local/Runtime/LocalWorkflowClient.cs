using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Runtime;

/// <summary>
/// Starts, tells and queries the operations of a journal. It runs nothing: that is for <see cref="LocalWorkflowWorker"/>, in this
/// process or another.
/// </summary>
public sealed class LocalWorkflowClient(Journal journal) : IWorkflowClient
{
    private static readonly TimeSpan WaitInterval = TimeSpan.FromMilliseconds(100);

    private const string Columns = "number, id, name, state, created, updated, finished, input, status, output, failure";

    /// <inheritdoc/>
    public Task<bool> StartAsync(string orchestration, string instanceId, string input, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(orchestration);
        ArgumentNullException.ThrowIfNull(input);
        CheckId(instanceId);
        cancellationToken.ThrowIfCancellationRequested();
        using var connection = journal.Connect();
        using var transaction = connection.BeginTransaction(deferred: false);
        var now = journal.Time.GetUtcNow().UtcTicks;
        var started = connection.Execute(
            """
            INSERT INTO instance (id, name, input, state, created, updated) VALUES ($id, $name, $input, 0, $now, $now)
            ON CONFLICT DO NOTHING
            """,
            ("$id", instanceId), ("$name", orchestration), ("$input", input), ("$now", now)) == 1;
        if (started)
        {
            Inbox.Add(connection, instanceId, now, HistoryEventKind.Started, 0, orchestration, input);
        }

        transaction.Commit();
        return Task.FromResult(started);
    }

    /// <inheritdoc/>
    public Task<WorkflowInstance?> FindAsync(string instanceId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var connection = journal.Connect();
        return Task.FromResult(Find(connection, instanceId));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WorkflowInstance> ListAsync(
        WorkflowQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        using var connection = journal.Connect();
        using var command = connection.Command(
            $"""
            SELECT {Columns} FROM instance
            WHERE ($state IS NULL OR state = $state) AND ($prefix IS NULL OR substr(id, 1, length($prefix)) = $prefix)
            ORDER BY number DESC LIMIT $limit
            """,
            ("$state", query.State is { } state ? (int)state : null), ("$prefix", query.IdPrefix), ("$limit", query.Limit));
        using var reader = command.ExecuteReader();
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return Read(connection, reader);
        }
    }

    /// <inheritdoc/>
    public Task RaiseEventAsync(string instanceId, string name, string payload, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(payload);
        cancellationToken.ThrowIfCancellationRequested();
        using var connection = journal.Connect();
        using var transaction = connection.BeginTransaction(deferred: false);
        var state = connection.Scalar<long?>("SELECT state FROM instance WHERE id = $id", ("$id", instanceId)) ?? throw NotFound(instanceId);
        if (state == (int)WorkflowState.Running)
        {
            Inbox.Add(connection, instanceId, journal.Time.GetUtcNow().UtcTicks, HistoryEventKind.EventRaised, 0, name, payload);
        }

        transaction.Commit();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var connection = journal.Connect();
        using var transaction = connection.BeginTransaction(deferred: false);
        var ended = connection.Execute(
            """
            UPDATE instance SET state = $state, failure = $failure, updated = $now, finished = $now, sequence = sequence + 1
            WHERE id = $id AND state = 0
            """,
            ("$state", (int)WorkflowState.Terminated), ("$failure", new WorkflowFailure(WorkflowError.Cancelled, reason).ToString()),
            ("$now", journal.Time.GetUtcNow().UtcTicks), ("$id", instanceId));
        if (ended == 1)
        {
            Inbox.Clear(connection, instanceId);
        }
        else if (Find(connection, instanceId) is null)
        {
            throw NotFound(instanceId);
        }

        transaction.Commit();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<WorkflowInstance> WaitAsync(string instanceId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var instance = await FindAsync(instanceId, cancellationToken) ?? throw NotFound(instanceId);
            if (instance.State != WorkflowState.Running)
            {
                return instance;
            }

            await Task.Delay(WaitInterval, cancellationToken);
        }
    }

    /// <summary>An operation's history, in order, as far as it has come. One transaction: what is recorded meanwhile is not in it.</summary>
    public IEnumerable<HistoryEvent> ReadHistory(string instanceId)
    {
        using var connection = journal.Connect();
        foreach (var entry in History.Read(connection, instanceId))
        {
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public Task<int> PurgeAsync(DateTimeOffset before, IReadOnlySet<string> except, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(except);
        using var connection = journal.Connect();
        using var transaction = connection.BeginTransaction(deferred: false);
        var old = new List<string>();
        using (var command = connection.Command("SELECT id FROM instance WHERE finished < $before", ("$before", before.UtcTicks)))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                if (!except.Contains(reader.GetString(0)))
                {
                    old.Add(reader.GetString(0));
                }
            }
        }

        foreach (var id in old)
        {
            connection.Execute("DELETE FROM history WHERE instance = $id", ("$id", id));
            connection.Execute("DELETE FROM claim WHERE operation = $id", ("$id", id));
            connection.Execute("DELETE FROM instance WHERE id = $id", ("$id", id));
        }

        transaction.Commit();
        return Task.FromResult(old.Count);
    }

    private static WorkflowInstance? Find(SqliteConnection connection, string instanceId)
    {
        using var command = connection.Command($"SELECT {Columns} FROM instance WHERE id = $id", ("$id", instanceId));
        using var reader = command.ExecuteReader();
        return reader.Read() ? Read(connection, reader) : null;
    }

    private static WorkflowInstance Read(SqliteConnection connection, SqliteDataReader reader)
    {
        var id = reader.GetString(1);
        var state = (WorkflowState)reader.GetInt32(3);
        return new WorkflowInstance
        {
            Id = id,
            Name = reader.GetString(2),
            State = state,
            Created = reader.Time(4),
            Updated = reader.Time(5),
            Finished = reader.IsDBNull(6) ? null : reader.Time(6),
            Input = reader.GetString(7),
            Status = reader.Text(8),
            Output = reader.Text(9),
            Failure = reader.Text(10) is { } failure ? WorkflowFailure.Parse(failure) : null,
            Activities = state == WorkflowState.Running ? ReadActivities(connection, id) : [],
        };
    }

    private static List<PendingActivity> ReadActivities(SqliteConnection connection, string instanceId)
    {
        var activities = new List<PendingActivity>();
        using var command = connection.Command(
            "SELECT name, starts, bytes, total FROM activity WHERE instance = $id ORDER BY task", ("$id", instanceId));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var progress = reader.IsDBNull(2)
                ? null
                : new ActivityProgress(reader.GetInt64(2), reader.IsDBNull(3) ? null : reader.GetInt64(3));
            activities.Add(new PendingActivity(reader.GetString(0), reader.GetInt32(1), progress));
        }

        return activities;
    }

    private static void CheckId(string instanceId)
    {
        if (string.IsNullOrEmpty(instanceId) || instanceId.Length > 100
            || !instanceId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw new WorkflowException(
                WorkflowError.InvalidRequest, $"'{instanceId}' is not an operation's id: expected at most 100 letters, digits, hyphens and underscores.");
        }
    }

    private static WorkflowException NotFound(string instanceId) =>
        new(WorkflowError.NotFound, $"There is no operation '{instanceId}'.");
}
