using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Data.Sqlite;
using TfeBackup.Local.Runtime.Replay;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Local.Runtime;

/// <summary>
/// Moves operations on: reads a history and what is new, runs the code over both, and records the outcome in one transaction. Several processes
/// may try to move the same operation; the one that commits first wins, and the others find the history longer than they read it and drop
/// what they did, which was only computing.
/// </summary>
internal sealed class OrchestrationMover(Journal journal, IReadOnlyDictionary<string, IOrchestration> orchestrations)
{
    private readonly ConcurrentQueue<(string Id, WorkflowException Failure)> _foreign = new();

    /// <summary>Moves every operation there is something new for.</summary>
    /// <returns>Whether anything moved.</returns>
    public bool MoveAll(CancellationToken cancellationToken)
    {
        var moved = false;
        using var connection = journal.Connect();
        while (_foreign.TryPeek(out var found))
        {
            moved |= EndForeign(connection, found.Id, found.Failure);
            _ = _foreign.TryDequeue(out _);
        }

        foreach (var (id, name) in FindDue(connection))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (orchestrations.TryGetValue(name, out var orchestration))
            {
                moved |= Move(connection, id, orchestration);
            }
        }

        return moved;
    }

    private List<(string Id, string Name)> FindDue(SqliteConnection connection)
    {
        var due = new List<(string, string)>();
        using var command = connection.Command(
            """
            SELECT DISTINCT instance.id, instance.name FROM inbox JOIN instance ON instance.id = inbox.instance
            WHERE inbox.due <= $now AND instance.state = 0 ORDER BY instance.number
            """,
            ("$now", journal.Time.GetUtcNow().UtcTicks));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            due.Add((reader.GetString(0), reader.GetString(1)));
        }

        return due;
    }

    private bool Move(SqliteConnection connection, string id, IOrchestration orchestration)
    {
        var replay = new OrchestrationReplay(orchestration, id, onForeign: failure => _foreign.Enqueue((id, failure)));
        var added = new List<HistoryEvent>();
        var now = journal.Time.GetUtcNow();
        List<InboxMessage> messages;

        // One read transaction: history and inbox belong together.
        using (connection.BeginTransaction(deferred: true))
        {
            messages = Inbox.Read(connection, id, now.UtcTicks);
            if (messages.Count == 0)
            {
                return false;
            }

            try
            {
                foreach (var entry in History.Read(connection, id))
                {
                    replay.Replay(entry);
                }

                foreach (var message in messages)
                {
                    if (!replay.Ended)
                    {
                        added.AddRange(replay.Handle(message.Kind, now, message.Task, message.Name, message.Payload));
                    }
                }
            }
            catch (WorkflowException e) when (e.Error == WorkflowError.NonDeterministic)
            {
                // Nothing of this move can be trusted; the operation ends here, after its history as it was.
                added.Clear();
                var before = connection.Scalar<long>("SELECT sequence FROM instance WHERE id = $id", ("$id", id));
                added.Add(new HistoryEvent(
                    before + 1, HistoryEventKind.Failed, now > replay.Time ? now : replay.Time, 0, "", WorkflowFailure.From(e).ToString()));
            }
        }

        return Record(connection, id, replay, messages, added);
    }

    /// <summary>
    /// Ends an operation whose code was resumed from outside after its replay had returned: nothing else would ever tell it, since what it
    /// waits for from its context may never come.
    /// </summary>
    private bool EndForeign(SqliteConnection connection, string id, WorkflowException failure)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        var now = journal.Time.GetUtcNow().UtcTicks;
        var ended = connection.Execute(
            """
            UPDATE instance SET sequence = sequence + 1, updated = max(updated, $now), finished = max(updated, $now), state = $failed, failure = $failure
            WHERE id = $id AND state = 0
            """,
            ("$id", id), ("$now", now), ("$failed", (int)WorkflowState.Failed), ("$failure", WorkflowFailure.From(failure).ToString())) == 1;
        if (ended)
        {
            connection.Execute(
                """
                INSERT INTO history (instance, sequence, kind, time, task, name, payload)
                SELECT id, sequence, $kind, finished, 0, '', failure FROM instance WHERE id = $id
                """,
                ("$id", id), ("$kind", (int)HistoryEventKind.Failed));
            Inbox.Clear(connection, id);
        }

        transaction.Commit();
        return ended;
    }

    private static bool Record(
        SqliteConnection connection, string id, OrchestrationReplay replay, List<InboxMessage> messages, List<HistoryEvent> added)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        var last = added[^1];
        var state = last.Kind switch
        {
            HistoryEventKind.Completed => WorkflowState.Completed,
            HistoryEventKind.Failed => WorkflowState.Failed,
            _ => WorkflowState.Running,
        };

        // The condition is the fence: whoever moved, or terminated, the operation meanwhile has raised its sequence.
        var won = connection.Execute(
            """
            UPDATE instance SET sequence = $last, updated = $time, state = $state, status = coalesce($status, status), output = $output, failure = $failure,
                finished = $finished
            WHERE id = $id AND state = 0 AND sequence = $before
            """,
            ("$id", id), ("$before", added[0].Sequence - 1), ("$last", last.Sequence), ("$time", last.Time.UtcTicks),
            ("$state", (int)state), ("$status", replay.Status),
            ("$output", state == WorkflowState.Completed ? last.Payload : null),
            ("$failure", state == WorkflowState.Failed ? last.Payload : null),
            ("$finished", state == WorkflowState.Running ? null : last.Time.UtcTicks)) == 1;
        if (!won)
        {
            return true;
        }

        foreach (var entry in added)
        {
            History.Append(connection, id, entry);
            AddWork(connection, id, entry);
        }

        foreach (var message in messages)
        {
            Inbox.Remove(connection, message.Number);
        }

        foreach (var timer in replay.CancelledTimers)
        {
            Inbox.RemoveTimer(connection, id, timer);
        }

        if (state != WorkflowState.Running)
        {
            Inbox.Clear(connection, id);
        }

        transaction.Commit();
        return true;
    }

    private static void AddWork(SqliteConnection connection, string id, HistoryEvent entry)
    {
        if (entry.Kind == HistoryEventKind.ActivityScheduled)
        {
            connection.Execute(
                "INSERT INTO activity (instance, task, name, input) VALUES ($instance, $task, $name, $input)",
                ("$instance", id), ("$task", entry.TaskId), ("$name", entry.Name), ("$input", entry.Payload));
        }
        else if (entry.Kind == HistoryEventKind.TimerCreated)
        {
            var due = DateTime.Parse(entry.Payload, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
            Inbox.Add(connection, id, due.Ticks, HistoryEventKind.TimerFired, entry.TaskId, "", "");
        }
    }
}
