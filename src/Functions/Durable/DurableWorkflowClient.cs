using DurableTask.Core.Exceptions;
using Grpc.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Durable;

/// <summary>The task hub's operations, as <see cref="IWorkflowClient"/>.</summary>
internal sealed class DurableWorkflowClient(DurableTaskClient client) : IWorkflowClient
{
    private const int PageSize = 200;

    private static readonly TimeSpan WaitInterval = TimeSpan.FromMilliseconds(200);

    private static readonly OrchestrationRuntimeStatus[] Ended =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    public async Task<bool> StartAsync(string orchestration, string instanceId, string input, CancellationToken cancellationToken)
    {
        // Asked first, since a hub may be set up to start an id again whose operation has ended; started with the condition that it is new,
        // for those who ask at the same moment.
        if (await client.GetInstanceAsync(instanceId, cancellationToken) is not null)
        {
            return false;
        }

        var options = new StartOrchestrationOptions(instanceId).WithDedupeStatuses(
            [.. StartOrchestrationOptionsExtensions.ValidDedupeStatuses]);
        try
        {
            _ = await client.ScheduleNewOrchestrationInstanceAsync(
                OrchestrationVersions.FunctionOf(orchestration), input, options, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is OrchestrationAlreadyExistsException or RpcException { StatusCode: StatusCode.AlreadyExists })
        {
            return false;
        }
    }

    public async Task<WorkflowInstance?> FindAsync(string instanceId, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellationToken) is { } found ? Read(found) : null;

    public async IAsyncEnumerable<WorkflowInstance> ListAsync(
        WorkflowQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var filter = new OrchestrationQuery
        {
            InstanceIdPrefix = query.IdPrefix,
            Statuses = query.State is { } state ? StatusesOf(state) : null,
            PageSize = PageSize,
            FetchInputsAndOutputs = true,
        };

        // The hub lists in an order of its own.
        var newest = new PriorityQueue<OrchestrationMetadata, DateTimeOffset>();
        await foreach (var found in client.GetAllInstancesAsync(filter).WithCancellation(cancellationToken))
        {
            newest.Enqueue(found, found.CreatedAt);
            if (newest.Count > query.Limit)
            {
                _ = newest.Dequeue();
            }
        }

        foreach (var (found, _) in newest.UnorderedItems.OrderByDescending(item => item.Priority))
        {
            yield return Read(found);
        }
    }

    public async Task RaiseEventAsync(string instanceId, string name, string payload, CancellationToken cancellationToken)
    {
        if (await IsRunningAsync(instanceId, cancellationToken))
        {
            await client.RaiseEventAsync(instanceId, name, payload, cancellationToken);
        }
    }

    public async Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken)
    {
        if (await IsRunningAsync(instanceId, cancellationToken))
        {
            await client.TerminateInstanceAsync(instanceId, reason, cancellationToken);
        }
    }

    public async Task<WorkflowInstance> WaitAsync(string instanceId, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await FindAsync(instanceId, cancellationToken) is not { } found)
            {
                throw NotFound(instanceId);
            }

            if (found.State != WorkflowState.Running)
            {
                return found;
            }

            await Task.Delay(WaitInterval, cancellationToken);
        }
    }

    public async Task<int> PurgeAsync(DateTimeOffset before, IReadOnlySet<string> except, CancellationToken cancellationToken)
    {
        // The hub's own purge goes by when operations began and spares none: one that waited months for its operator would be gone on the day it
        // ended, and one that is still the last due would be started again. What ended before a time also began before it, which narrows the search.
        var filter = new OrchestrationQuery { CreatedTo = before, Statuses = Ended, PageSize = PageSize };
        var old = new List<string>();
        await foreach (var found in client.GetAllInstancesAsync(filter).WithCancellation(cancellationToken))
        {
            if (found.LastUpdatedAt < before && !IsRunning(found) && !except.Contains(found.InstanceId))
            {
                old.Add(found.InstanceId);
            }
        }

        var purged = 0;
        foreach (var id in old)
        {
            purged += (await client.PurgeInstanceAsync(id, cancellationToken)).PurgedInstanceCount;
        }

        return purged;
    }

    /// <summary>Whether an operation has not ended.</summary>
    public static bool IsRunning(OrchestrationMetadata instance) => StateOf(instance.RuntimeStatus) == WorkflowState.Running;

    private async Task<bool> IsRunningAsync(string instanceId, CancellationToken cancellationToken) =>
        IsRunning(await client.GetInstanceAsync(instanceId, cancellationToken) ?? throw NotFound(instanceId));

    private static WorkflowInstance Read(OrchestrationMetadata instance)
    {
        var state = StateOf(instance.RuntimeStatus);
        return new WorkflowInstance
        {
            Id = instance.InstanceId,
            Name = OrchestrationVersions.OrchestrationOf(instance.Name),
            State = state,
            Created = instance.CreatedAt,
            Updated = instance.LastUpdatedAt,
            Finished = state == WorkflowState.Running ? null : instance.LastUpdatedAt,
            Input = instance.ReadInputAs<string>() ?? "null",
            Status = instance.SerializedCustomStatus is null or "null" ? null : instance.SerializedCustomStatus,
            Output = state == WorkflowState.Completed ? instance.ReadOutputAs<string>() : null,
            Failure = state switch
            {
                WorkflowState.Failed when instance.FailureDetails is { } details => RecordedFailureException.Read(details),
                WorkflowState.Failed when instance.SerializedOutput is { Length: > 0 } output => RecordedFailureException.Read(output),
                WorkflowState.Failed => new WorkflowFailure(WorkflowError.Internal, "The operation failed; the task hub does not say why."),
                WorkflowState.Terminated => new WorkflowFailure(WorkflowError.Cancelled, ReasonOf(instance)),
                _ => null,
            },
        };
    }

    private static string ReasonOf(OrchestrationMetadata instance)
    {
        try
        {
            return instance.ReadOutputAs<string>() ?? "terminated";
        }
        catch (System.Text.Json.JsonException)
        {
            // Terminated by another tool, which wrote its reason as it liked.
            return instance.SerializedOutput ?? "terminated";
        }
    }

    private static WorkflowState StateOf(OrchestrationRuntimeStatus status) => status switch
    {
        OrchestrationRuntimeStatus.Completed => WorkflowState.Completed,
        OrchestrationRuntimeStatus.Failed => WorkflowState.Failed,
        OrchestrationRuntimeStatus.Terminated => WorkflowState.Terminated,
        _ => WorkflowState.Running,
    };

    private static OrchestrationRuntimeStatus[] StatusesOf(WorkflowState state) => state switch
    {
        WorkflowState.Completed => [OrchestrationRuntimeStatus.Completed],
        WorkflowState.Failed => [OrchestrationRuntimeStatus.Failed],
        WorkflowState.Terminated => [OrchestrationRuntimeStatus.Terminated],
        _ => [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended],
    };

    private static WorkflowException NotFound(string instanceId) => new(WorkflowError.NotFound, $"There is no operation '{instanceId}'.");
}
