using System.Diagnostics;
using DurableTask.Core;
using DurableTask.Core.History;
using DurableTask.Core.Tracing;
using DurableTask.Sqlite.Storage;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using OrchestrationQuery = Microsoft.DurableTask.Client.OrchestrationQuery;
using PurgeResult = Microsoft.DurableTask.Client.PurgeResult;

namespace DurableTask.Sqlite.Client;

/// <summary>The client that <c>UseSqlite()</c> makes.</summary>
internal sealed class SqliteDurableTaskClient(string name, SharedServices shared, IOptionsMonitor<DurableTaskClientOptions> options)
    : DurableTaskClient(name)
{
    private readonly SqliteOrchestrationService _service = shared.ForClient(name);
    private readonly DurableTaskClientOptions _options = options.Get(name);

    /// <summary>Nothing: the service belongs to the host.</summary>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var started = Started(orchestratorName, options?.InstanceId, _options.DataConverter.Serialize(input));
        started.Version = options?.Version?.Version ?? _options.DefaultVersion;
        started.ScheduledStartTime = options?.StartAt?.UtcDateTime;
        started.Tags = options?.Tags is { Count: > 0 } tags ? new Dictionary<string, string>(tags) : null;
        started.ParentTraceContext = Activity.Current is { Id: { } id } activity ? new DistributedTraceContext(id, activity.TraceStateString) : null;
        await StartAsync(started, options?.DedupeStatuses.ToDedupeStatuses());
        return started.OrchestrationInstance.InstanceId;
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return SendAsync(instanceId, new EventRaisedEvent(-1, _options.DataConverter.Serialize(eventPayload)) { Name = eventName }, cancellation);
    }

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new ExecutionSuspendedEvent(-1, reason), cancellation);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new ExecutionResumedEvent(-1, reason), cancellation);

    public override Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        cancellation.ThrowIfCancellationRequested();
        return _service.TerminateAsync(instanceId, _options.DataConverter.Serialize(options?.Output), options?.Recursive ?? false);
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, status => status != OrchestrationStatus.Pending, getInputsAndOutputs, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, Instances.IsEnd, getInputsAndOutputs, cancellation);

    public override async Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        cancellation.ThrowIfCancellationRequested();
        return (await _service.GetOrchestrationStateAsync(instanceId, executionId: null))?.ToMetadata(Converter(getInputsAndOutputs));
    }

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null)
    {
        filter ??= new OrchestrationQuery();
        return Pageable.Create(async (continuation, pageSize, cancellation) =>
        {
            var result = await _service.GetOrchestrationWithQueryAsync(
                new Core.Query.OrchestrationQuery
                {
                    RuntimeStatus = filter.Statuses?.Select(status => status.ToCore()).ToList(),
                    CreatedTimeFrom = filter.CreatedFrom?.UtcDateTime,
                    CreatedTimeTo = filter.CreatedTo?.UtcDateTime,
                    InstanceIdPrefix = filter.InstanceIdPrefix,
                    PageSize = pageSize ?? filter.PageSize,
                    ContinuationToken = continuation ?? filter.ContinuationToken,
                    FetchInputsAndOutputs = filter.FetchInputsAndOutputs,
                },
                cancellation);
            var converter = Converter(filter.FetchInputsAndOutputs);
            return new Page<OrchestrationMetadata>(
                result.OrchestrationState.Select(state => state.ToMetadata(converter)).ToList(), result.ContinuationToken);
        });
    }

    public override Task<Page<string>> ListInstanceIdsAsync(
        IEnumerable<OrchestrationRuntimeStatus>? runtimeStatus = null,
        DateTimeOffset? completedTimeFrom = null,
        DateTimeOffset? completedTimeTo = null,
        int pageSize = OrchestrationQuery.DefaultPageSize,
        string? lastInstanceKey = null,
        CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var filter = new InstanceFilter
        {
            Statuses = runtimeStatus?.Select(status => status.ToCore()).ToList(),
            EndedFrom = completedTimeFrom?.UtcDateTime,
            EndedTo = completedTimeTo?.UtcDateTime,
            EndedOnly = true,
            Payloads = false,
        };
        var page = _service.ReadPage(filter, pageSize, lastInstanceKey);
        return Task.FromResult(new Page<string>(
            page.OrchestrationState.Select(state => state.OrchestrationInstance.InstanceId).ToList(), page.ContinuationToken));
    }

    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        if (await GetInstancesAsync(instanceId, cancellation: cancellation) is { IsCompleted: false } running)
        {
            throw new InvalidOperationException($"'{instanceId}' is {running.RuntimeStatus}; only an orchestration that has ended can be purged. Terminate it first, or wait.");
        }

        var result = await _service.PurgeAsync(instanceId, options?.Recursive ?? false);
        return new PurgeResult(result.DeletedInstanceCount, isComplete: true);
    }

    public override async Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        cancellation.ThrowIfCancellationRequested();
        var result = await _service.PurgeInstanceStateAsync(new PurgeInstanceFilter(
            filter.CreatedFrom?.UtcDateTime ?? DateTime.MinValue, filter.CreatedTo?.UtcDateTime, filter.Statuses?.Select(status => status.ToCore()))
        {
            Timeout = filter.Timeout,
        });
        return new PurgeResult(result.DeletedInstanceCount, result.IsComplete);
    }

    /// <summary>Starts an instance once more, with the input it had. One that has not ended is replaced.</summary>
    /// <exception cref="ArgumentException">There is no such instance.</exception>
    public override async Task<string> RestartAsync(
        string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var state = await _service.GetOrchestrationStateAsync(instanceId, executionId: null) ?? throw NotFound(instanceId);
        var started = Started(state.Name, restartWithNewInstanceId ? null : instanceId, state.Input);
        started.Version = state.Version;
        started.Tags = state.Tags;
        await StartAsync(started, []);
        return started.OrchestrationInstance.InstanceId;
    }

    /// <summary>Reads an instance's history.</summary>
    /// <exception cref="ArgumentException">There is no such instance.</exception>
    public override async Task<IList<HistoryEvent>> GetOrchestrationHistoryAsync(string instanceId, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        _ = await _service.GetOrchestrationStateAsync(instanceId, executionId: null) ?? throw NotFound(instanceId);
        return _service.ReadHistory(instanceId);
    }

    private static ExecutionStartedEvent Started(TaskName name, string? instanceId, string? input) => new(-1, input)
    {
        Name = name.Name ?? throw new ArgumentException("An orchestrator's name is missing.", nameof(name)),
        OrchestrationInstance = new OrchestrationInstance
        {
            InstanceId = instanceId ?? Guid.NewGuid().ToString("N"),
            ExecutionId = Guid.NewGuid().ToString("N"),
        },
    };

    private static ArgumentException NotFound(string instanceId) => new($"There is no orchestration with the instance id '{instanceId}'.");

    private Task StartAsync(ExecutionStartedEvent started, OrchestrationStatus[]? dedupeStatuses) => _service.CreateTaskOrchestrationAsync(
        new TaskMessage { OrchestrationInstance = started.OrchestrationInstance, Event = started }, dedupeStatuses);

    private Task SendAsync(string instanceId, HistoryEvent message, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        cancellation.ThrowIfCancellationRequested();
        return _service.SendTaskOrchestrationMessageAsync(
            new TaskMessage { OrchestrationInstance = new OrchestrationInstance { InstanceId = instanceId }, Event = message });
    }

    private async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, Func<OrchestrationStatus, bool> condition, bool getInputsAndOutputs, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var state = await _service.WaitForStateAsync(
            instanceId, state => condition(state.OrchestrationStatus), Timeout.InfiniteTimeSpan, cancellation);
        return state.ToMetadata(Converter(getInputsAndOutputs));
    }

    private DataConverter? Converter(bool getInputsAndOutputs) => getInputsAndOutputs ? _options.DataConverter : null;
}
