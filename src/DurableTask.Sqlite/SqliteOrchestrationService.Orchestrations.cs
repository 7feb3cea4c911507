using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Sqlite.Storage;
using Microsoft.Data.Sqlite;
using Newtonsoft.Json;

namespace DurableTask.Sqlite;

public sealed partial class SqliteOrchestrationService
{
    /// <inheritdoc/>
    public async Task<TaskOrchestrationWorkItem?> LockNextTaskOrchestrationWorkItemAsync(
        TimeSpan receiveTimeout, CancellationToken cancellationToken) =>
        await PollAsync(_instancesReady, () => LockInstanceAsync(cancellationToken), receiveTimeout, cancellationToken);

    /// <summary>Does nothing: the worker renews all its locks at once.</summary>
    public Task RenewTaskOrchestrationWorkItemLockAsync(TaskOrchestrationWorkItem workItem) => Task.CompletedTask;

    /// <summary>Commits one step of an orchestration: its history, what it asked for and its state, in one transaction.</summary>
    /// <exception cref="SessionAbortedException">Another worker holds the instance by now, or it is gone; nothing was committed.</exception>
    public async Task CompleteTaskOrchestrationWorkItemAsync(
        TaskOrchestrationWorkItem workItem,
        OrchestrationRuntimeState newOrchestrationRuntimeState,
        IList<TaskMessage> outboundMessages,
        IList<TaskMessage> orchestratorMessages,
        IList<TaskMessage> timerMessages,
        TaskMessage? continuedAsNewMessage,
        OrchestrationState? orchestrationState)
    {
        ArgumentNullException.ThrowIfNull(newOrchestrationRuntimeState);
        var item = (OrchestrationWorkItem)workItem;
        var step = new OrchestrationStep(item.Instance, Worker, item.IsExtendedSession)
        {
            Handled = item.MessageNumbers,
            Runtime = newOrchestrationRuntimeState,
            State = orchestrationState,
            Activities = outboundMessages,
            Messages = orchestratorMessages,
            Timers = timerMessages,
        };
        if (orchestrationState is null)
        {
            _logger.MessagesDropped(item.MessageNumbers.Count, item.InstanceId);
        }

        if (!await RecordAsync(step.Commit))
        {
            throw new SessionAbortedException($"{item.InstanceId} has been taken over by another worker, or purged; this step is dropped.");
        }

        item.Instance = item.Instance with { ExecutionId = newOrchestrationRuntimeState.OrchestrationInstance?.ExecutionId ?? item.Instance.ExecutionId };
        if (outboundMessages.Count > 0)
        {
            _activitiesReady.Set();
        }

        foreach (var message in orchestratorMessages)
        {
            Wake(message.OrchestrationInstance.InstanceId);
        }

        _stateChanged.Set();
    }

    /// <summary>Gives an orchestration up after a failure to work on it. It is tried again, each time later.</summary>
    public async Task AbandonTaskOrchestrationWorkItemAsync(TaskOrchestrationWorkItem workItem)
    {
        var item = (OrchestrationWorkItem)workItem;
        var backoff = IsStopping ? TimeSpan.Zero : Backoff(item.Instance.Attempts);
        if (await UnlockAsync(item, DateTime.UtcNow + backoff) && !IsStopping)
        {
            _logger.TriedAgain(item.InstanceId, item.Instance.Attempts, backoff.TotalSeconds);
        }
    }

    /// <inheritdoc/>
    public async Task ReleaseTaskOrchestrationWorkItemAsync(TaskOrchestrationWorkItem workItem)
    {
        var item = (OrchestrationWorkItem)workItem;
        try
        {
            if (item.Session is not null)
            {
                _sessions.TryRemove(KeyValuePair.Create(item.InstanceId, item.Messages));
                await UnlockAsync(item, available: null);
            }
        }
        finally
        {
            _inHand.Remove();
        }

        // A message may have arrived while it was locked.
        _instancesReady.Set();
    }

    private async Task<TaskOrchestrationWorkItem?> LockInstanceAsync(CancellationToken cancellationToken)
    {
        // Reading takes no write lock, and mostly there is nothing.
        if (!_database.Read(connection => Instances.AnyReady(connection, OrchestrationFilter, DateTime.UtcNow)))
        {
            return null;
        }

        var worker = Worker;
        return await _database.WriteAsync(connection => Lock(connection, worker), cancellationToken);
    }

    private OrchestrationWorkItem? Lock(SqliteConnection connection, string worker)
    {
        var now = DateTime.UtcNow;
        if (Instances.Lock(connection, worker, OrchestrationFilter, now) is not { } instance)
        {
            return null;
        }

        try
        {
            return Read(connection, instance, now);
        }
        catch (JsonException e)
        {
            // An unreadable row must not block the others.
            _logger.Unreadable(instance.Id, _database.Path, Backoff(instance.Attempts).TotalSeconds, e);
            Instances.Release(connection, instance, worker, now + Backoff(instance.Attempts));
            return null;
        }
    }

    private OrchestrationWorkItem Read(SqliteConnection connection, LockedInstance instance, DateTime now)
    {
        var messages = Messages.Due(connection, instance.Id, now);
        var item = new OrchestrationWorkItem(instance)
        {
            InstanceId = instance.Id,
            OrchestrationRuntimeState = new OrchestrationRuntimeState(Histories.Read(connection, instance.Id)),
            LockedUntilUtc = DateTime.MaxValue,
            MessageNumbers = messages.ConvertAll(m => m.Number),
            NewMessages = messages.ConvertAll(m => m.Message),
        };
        if (Options.SessionIdleTimeout > TimeSpan.Zero)
        {
            item.Session = new Session(this);
            _sessions[instance.Id] = item.Messages;
        }

        return item;
    }

    private async Task<bool> UnlockAsync(OrchestrationWorkItem item, DateTime? available)
    {
        // Without a lease everything has been released already.
        return _lease?.Id is { } worker
            && await RecordAsync(connection => Instances.Release(connection, item.Instance, worker, available));
    }

    /// <summary>Wakes the worker of an instance: there is a message for it.</summary>
    private void Wake(string instanceId)
    {
        if (_sessions.TryGetValue(instanceId, out var session))
        {
            session.Set();
        }
        else
        {
            _instancesReady.Set();
        }
    }

    private sealed class OrchestrationWorkItem(LockedInstance instance) : TaskOrchestrationWorkItem
    {
        public LockedInstance Instance { get; set; } = instance;

        public required List<long> MessageNumbers { get; set; }

        /// <summary>Set when there is a message for it.</summary>
        public Signal Messages { get; } = new();
    }

    /// <summary>Keeps an orchestration in memory while it waits, so that its history need not be read and replayed for everything that comes.</summary>
    private sealed class Session(SqliteOrchestrationService service) : IOrchestrationSession
    {
        public async Task<IList<TaskMessage>?> FetchNewOrchestrationMessagesAsync(TaskOrchestrationWorkItem workItem)
        {
            var item = (OrchestrationWorkItem)workItem;
            var worker = service.Worker;
            var deadline = DateTime.UtcNow + service.Options.SessionIdleTimeout;
            while (!service.IsStopping)
            {
                var next = item.Messages.Next;
                var messages = service._database.Read(connection => Instances.Holds(connection, item.Instance, worker)
                    ? Messages.Due(connection, item.InstanceId, DateTime.UtcNow)
                    : throw new SessionAbortedException($"{item.InstanceId} has been taken over by another worker, or purged."));
                if (messages.Count > 0)
                {
                    item.MessageNumbers = messages.ConvertAll(m => m.Number);
                    return messages.ConvertAll(m => m.Message);
                }

                if (DateTime.UtcNow >= deadline)
                {
                    break;
                }

                await WaitAsync(next, service.Options.PollingInterval, CancellationToken.None);
            }

            return null;
        }

        public Task EndSessionAsync() => Task.CompletedTask;
    }
}
