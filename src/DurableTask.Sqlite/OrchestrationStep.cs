using DurableTask.Core;
using DurableTask.Core.History;
using DurableTask.Sqlite.Storage;
using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite;

/// <summary>One step of an orchestration, as its worker has worked it out and is about to commit it.</summary>
/// <param name="Instance">The instance as it was locked.</param>
/// <param name="Worker">Who locked it.</param>
/// <param name="KeepLock">True if the worker goes on with it.</param>
internal sealed record OrchestrationStep(LockedInstance Instance, string Worker, bool KeepLock)
{
    /// <summary>The messages that this step has taken in.</summary>
    public required IReadOnlyList<long> Handled { get; init; }

    /// <summary>The history, with what this step adds.</summary>
    public required OrchestrationRuntimeState Runtime { get; init; }

    /// <summary>The state; null where the messages belong to no history.</summary>
    public required OrchestrationState? State { get; init; }

    public required IEnumerable<TaskMessage> Activities { get; init; }

    public required IEnumerable<TaskMessage> Messages { get; init; }

    public required IEnumerable<TaskMessage> Timers { get; init; }

    /// <summary>Commits it, unless the worker has lost its lock.</summary>
    public bool Commit(SqliteConnection connection)
    {
        var now = DateTime.UtcNow;
        if (State is null)
        {
            if (!Instances.Holds(connection, Instance, Worker))
            {
                return false;
            }

            Storage.Messages.Remove(connection, Handled);
            Instances.Release(connection, Instance, Worker, available: null);
            return true;
        }

        if (!Instances.Save(connection, Instance, Worker, State, KeepLock, now))
        {
            return false;
        }

        if (State.OrchestrationInstance.ExecutionId != Instance.ExecutionId)
        {
            // Continued as new.
            Histories.Clear(connection, Instance.Id);
            Storage.Activities.Clear(connection, Instance.Id);
            Storage.Messages.ClearExecution(connection, Instance.Id, Instance.ExecutionId);
        }

        Storage.Messages.Remove(connection, Handled);
        AppendHistory(connection);
        if (Instances.IsEnd(State.OrchestrationStatus))
        {
            // Nothing it scheduled may begin any more.
            Storage.Activities.Clear(connection, Instance.Id);
            Storage.Messages.Clear(connection, Instance.Id);
        }
        else
        {
            AskForWork(connection, now);
        }

        foreach (var message in Messages)
        {
            Send(connection, message, now);
        }

        return true;
    }

    private void AppendHistory(SqliteConnection connection)
    {
        var sequence = Runtime.Events.Count - Runtime.NewEvents.Count;
        foreach (var entry in Runtime.NewEvents)
        {
            Histories.Append(connection, Instance.Id, sequence++, entry);
        }
    }

    private void AskForWork(SqliteConnection connection, DateTime now)
    {
        foreach (var message in Activities)
        {
            Storage.Activities.Add(connection, message, now);
        }

        foreach (var message in Timers)
        {
            Storage.Messages.Add(connection, message, ((TimerFiredEvent)message.Event).FireAt.ToUniversalTime());
        }
    }

    private static void Send(SqliteConnection connection, TaskMessage message, DateTime now)
    {
        if (message.Event is not ExecutionStartedEvent started)
        {
            Storage.Messages.Add(connection, message, now);
            return;
        }

        // A sub-orchestration, whose id may be in use if the orchestrator chose it.
        var existing = Instances.Read(connection, started.OrchestrationInstance.InstanceId);
        if (existing is null || Instances.IsEnd(existing.OrchestrationStatus))
        {
            Instances.Purge(connection, started.OrchestrationInstance.InstanceId);
            Instances.Add(connection, started, now);
        }
        else
        {
            Refuse(connection, started, now);
        }
    }

    private static void Refuse(SqliteConnection connection, ExecutionStartedEvent started, DateTime now)
    {
        var reason = $"There already is an orchestration with the instance id '{started.OrchestrationInstance.InstanceId}', and it has not ended.";
        var details = new FailureDetails("OrchestrationAlreadyExists", reason, null, null, isNonRetriable: true);
        Storage.Messages.Add(
            connection,
            new TaskMessage
            {
                OrchestrationInstance = started.ParentInstance.OrchestrationInstance,
                Event = new SubOrchestrationInstanceFailedEvent(-1, started.ParentInstance.TaskScheduleId, reason, null, details),
            },
            now);
    }
}
