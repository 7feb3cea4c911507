using System.Collections.Concurrent;
using System.Reflection;
using DurableTask.Core;
using DurableTask.Core.History;

namespace TfeBackup.Functions.Tests.Runtime;

/// <summary>
/// What a task hub has handed to one worker. The in-memory hub knows no leases that run out, which is how others get back what a dead worker
/// had; here that is done by hand: <see cref="StopAsync"/>, then <see cref="GiveBackAsync"/>.
/// </summary>
public class LeasedWork : DispatchProxy
{
    // The hub's own measure is the number of processors.
    private const int MostAtOnce = 16;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<TaskActivityWorkItem, bool> _activities = new();
    private IOrchestrationService _hub = null!;
    private int _turns;

    /// <summary>Told of every history as the hub keeps it.</summary>
    public Action<OrchestrationRuntimeState>? Saved { get; set; }

    /// <summary>A worker's share of a hub.</summary>
    public static (IOrchestrationService Service, LeasedWork Work) Over(IOrchestrationService hub)
    {
        var service = Create<IOrchestrationService, LeasedWork>();
        var work = (LeasedWork)(object)service;
        work._hub = hub;
        return (service, work);
    }

    /// <summary>Hands out nothing more, and waits until the turns of orchestrations that are under way have ended.</summary>
    public async Task StopAsync(TimeSpan deadline)
    {
        await _stopping.CancelAsync();
        await TestSupport.WaitFor.ConditionAsync(() => Volatile.Read(ref _turns) == 0, "the turns to end", deadline);
    }

    /// <summary>Lets others have the activities that the worker did not end.</summary>
    public async Task GiveBackAsync()
    {
        foreach (var activity in _activities.Keys)
        {
            if (_activities.TryRemove(activity, out _))
            {
                await _hub.AbandonTaskActivityWorkItemAsync(activity);
            }
        }
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        switch (targetMethod!.Name)
        {
            case "get_MaxConcurrentTaskActivityWorkItems" or "get_MaxConcurrentTaskOrchestrationWorkItems":
                return MostAtOnce;
            case nameof(IOrchestrationService.StopAsync):
                // Whoever opened the hub stops it.
                return Task.CompletedTask;
            case nameof(IOrchestrationService.LockNextTaskActivityWorkItem):
                return LockActivityAsync((TimeSpan)args![0]!, (CancellationToken)args[1]!);
            case nameof(IOrchestrationService.LockNextTaskOrchestrationWorkItemAsync):
                return LockTurnAsync((TimeSpan)args![0]!, (CancellationToken)args[1]!);
            case nameof(IOrchestrationService.CompleteTaskOrchestrationWorkItemAsync):
                args![1] = Storable((OrchestrationRuntimeState)args[1]!);
                MakeStorable((IList<TaskMessage>)args[3]!);
                Saved?.Invoke((OrchestrationRuntimeState)args[1]!);
                break;
            case nameof(IOrchestrationService.ReleaseTaskOrchestrationWorkItemAsync):
                Interlocked.Decrement(ref _turns);
                break;
            case nameof(IOrchestrationService.CompleteTaskActivityWorkItemAsync) or nameof(IOrchestrationService.AbandonTaskActivityWorkItemAsync):
                if (!_activities.TryRemove((TaskActivityWorkItem)args![0]!, out _))
                {
                    // Somebody else has it by now.
                    return Task.CompletedTask;
                }

                break;
        }

        return targetMethod.Invoke(_hub, args);
    }

    // The sidecar has its own class for this event, without a data contract: Azure Storage would store it empty and could not read the history any more.
    private static OrchestrationRuntimeState Storable(OrchestrationRuntimeState state)
    {
        if (!state.NewEvents.Any(added => added is SubOrchestrationInstanceCreatedEvent))
        {
            return state;
        }

        var storable = new OrchestrationRuntimeState(state.PastEvents) { Status = state.Status };
        foreach (var added in state.NewEvents)
        {
            storable.AddEvent(added is not SubOrchestrationInstanceCreatedEvent created
                ? added
                : new SubOrchestrationInstanceCreatedEvent(created.EventId)
                {
                    Name = created.Name,
                    Version = created.Version,
                    InstanceId = created.InstanceId,
                    Input = created.Input,
                    Timestamp = created.Timestamp,
                });
        }

        return storable;
    }

    // The sidecar leaves the tags of sub-orchestrations in a class of Protobuf's, whose name Azure Storage writes and cannot resolve again.
    private static void MakeStorable(IEnumerable<TaskMessage> messages)
    {
        foreach (var started in messages.Select(message => message.Event).OfType<ExecutionStartedEvent>())
        {
            started.Tags = started.Tags?.ToDictionary();
        }
    }

    private async Task<TaskActivityWorkItem?> LockActivityAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_stopping.IsCancellationRequested)
        {
            await Task.Delay(Pause, cancellationToken);
            return null;
        }

        var item = await LockAsync(token => _hub.LockNextTaskActivityWorkItem(timeout, token), cancellationToken);
        if (item is not null)
        {
            _activities[item] = true;
        }

        return item;
    }

    private async Task<TaskOrchestrationWorkItem?> LockTurnAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_stopping.IsCancellationRequested)
        {
            // The dispatcher asks again at once, until it is stopped too.
            await Task.Delay(Pause, cancellationToken);
            return null;
        }

        Interlocked.Increment(ref _turns);
        TaskOrchestrationWorkItem? item = null;
        try
        {
            return item = await LockAsync(token => _hub.LockNextTaskOrchestrationWorkItemAsync(timeout, token), cancellationToken);
        }
        finally
        {
            if (item is null)
            {
                Interlocked.Decrement(ref _turns);
            }
        }
    }

    private async Task<T?> LockAsync<T>(Func<CancellationToken, Task<T>> lockNext, CancellationToken cancellationToken)
        where T : class
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            return await lockNext(either.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
