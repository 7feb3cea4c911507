using DurableTask.Core;
using DurableTask.Core.History;
using DurableTask.Sqlite.Storage;
using Microsoft.Data.Sqlite;
using Newtonsoft.Json;

namespace DurableTask.Sqlite;

public sealed partial class SqliteOrchestrationService
{
    /// <inheritdoc/>
    public async Task<TaskActivityWorkItem?> LockNextTaskActivityWorkItem(TimeSpan receiveTimeout, CancellationToken cancellationToken) =>
        await PollAsync(_activitiesReady, () => LockActivityAsync(cancellationToken), receiveTimeout, cancellationToken);

    /// <summary>Does nothing: the worker renews all its locks at once.</summary>
    public Task<TaskActivityWorkItem> RenewTaskActivityWorkItemLockAsync(TaskActivityWorkItem workItem) => Task.FromResult(workItem);

    /// <summary>
    /// Records how an activity ended, unless another worker has it by now. A failure while the host stops is not recorded: it says nothing about
    /// the work, which is run again.
    /// </summary>
    public async Task CompleteTaskActivityWorkItemAsync(TaskActivityWorkItem workItem, TaskMessage responseMessage)
    {
        ArgumentNullException.ThrowIfNull(responseMessage);
        var item = (ActivityWorkItem)workItem;
        if (IsStopping && responseMessage.Event is TaskFailedEvent)
        {
            await AbandonTaskActivityWorkItemAsync(workItem);
            return;
        }

        var instanceId = responseMessage.OrchestrationInstance.InstanceId;
        if (_lease?.Id is not { } worker || !await FinishAsync(item.Activity, worker, responseMessage))
        {
            _logger.ActivityLost(item.Name, instanceId);
        }

        item.GiveBack(_inHand);
        Wake(instanceId);
    }

    /// <summary>Gives an activity up. It is begun again: at once where the host stops, else each time later.</summary>
    public async Task AbandonTaskActivityWorkItemAsync(TaskActivityWorkItem workItem)
    {
        var item = (ActivityWorkItem)workItem;
        var instanceId = workItem.TaskMessage.OrchestrationInstance.InstanceId;
        try
        {
            if (_lease?.Id is not { } worker)
            {
                return;
            }

            if (IsStopping)
            {
                _logger.ActivityStopped(item.Name, instanceId);
            }
            else
            {
                _logger.TriedAgain(item.Id, item.Activity.Attempts, Backoff(item.Activity.Attempts).TotalSeconds);
            }

            var counts = !IsStopping;
            var available = DateTime.UtcNow + (counts ? Backoff(item.Activity.Attempts) : TimeSpan.Zero);
            await RecordAsync(connection => Activities.Release(connection, item.Activity, worker, available, counts));
        }
        finally
        {
            item.GiveBack(_inHand);
        }
    }

    private async Task<TaskActivityWorkItem?> LockActivityAsync(CancellationToken cancellationToken)
    {
        while (_database.Read(connection => Activities.AnyReady(connection, ActivityFilter, DateTime.UtcNow)))
        {
            var worker = Worker;
            var locked = await _database.WriteAsync(connection => LockActivity(connection, worker), cancellationToken);
            if (locked is null)
            {
                break;
            }

            if (ReadMessage(locked) is not { } message)
            {
                await RecordAsync(connection => Activities.Release(
                    connection, locked, worker, DateTime.UtcNow + Backoff(locked.Attempts), counts: true));
            }
            else if (locked.Attempts > Options.MaxActivityAttempts)
            {
                await GiveUpAsync(locked, message, worker);
            }
            else
            {
                if (IsTold(locked))
                {
                    Wake(locked.InstanceId);
                }

                return new ActivityWorkItem(locked, message);
            }
        }

        return null;
    }

    private LockedActivity? LockActivity(SqliteConnection connection, string worker)
    {
        var now = DateTime.UtcNow;
        var locked = Activities.Lock(connection, worker, ActivityFilter, now);
        if (locked is not null && IsTold(locked))
        {
            var raised = new EventRaisedEvent(-1, JsonConvert.ToString(locked.Name)) { Name = Options.RedeliveryEvent };
            Messages.Add(
                connection, new TaskMessage { OrchestrationInstance = new OrchestrationInstance { InstanceId = locked.InstanceId }, Event = raised }, now);
        }

        return locked;
    }

    private bool IsTold(LockedActivity activity) =>
        Options.RedeliveryEvent is not null && activity.Lock > 1 && activity.Attempts <= Options.MaxActivityAttempts;

    private TaskMessage? ReadMessage(LockedActivity activity)
    {
        try
        {
            return EventJson.Read<TaskMessage>(activity.Message);
        }
        catch (JsonException e)
        {
            // An unreadable row must not block the others.
            _logger.Unreadable($"task {activity.Number}", _database.Path, Backoff(activity.Attempts).TotalSeconds, e);
            return null;
        }
    }

    private async Task GiveUpAsync(LockedActivity activity, TaskMessage message, string worker)
    {
        var scheduled = (TaskScheduledEvent)message.Event;
        var instance = message.OrchestrationInstance;
        _logger.ActivityGivenUp(scheduled.Name, instance.InstanceId, activity.Attempts - 1);
        var reason = $"Activity {scheduled.Name} was started {activity.Attempts - 1} times and abandoned each time: its process died, or it could not be started. Find the cause (memory, a supervisor, the machine, a missing service).";
        var details = new FailureDetails("ActivityAbandoned", reason, null, null, isNonRetriable: true);
        var response = new TaskMessage
        {
            OrchestrationInstance = instance,
            Event = new TaskFailedEvent(-1, scheduled.EventId, reason, null, details),
        };
        await FinishAsync(activity, worker, response);
        Wake(instance.InstanceId);
    }

    private Task<bool> FinishAsync(LockedActivity activity, string worker, TaskMessage response) => RecordAsync(connection =>
    {
        if (!Activities.Finish(connection, activity, worker))
        {
            return false;
        }

        Messages.Add(connection, response, DateTime.UtcNow);
        return true;
    });

    private sealed class ActivityWorkItem : TaskActivityWorkItem
    {
        private bool _isGivenBack;

        public ActivityWorkItem(LockedActivity activity, TaskMessage message)
        {
            Activity = activity;
            var scheduled = (TaskScheduledEvent)message.Event;
            Name = scheduled.Name;
            Id = $"{message.OrchestrationInstance.InstanceId}:{scheduled.EventId}";
            TaskMessage = message;
            LockedUntilUtc = DateTime.MaxValue;
        }

        public LockedActivity Activity { get; }

        public string? Name { get; }

        public void GiveBack(WorkInHand inHand)
        {
            if (!_isGivenBack)
            {
                _isGivenBack = true;
                inHand.Remove();
            }
        }
    }
}
