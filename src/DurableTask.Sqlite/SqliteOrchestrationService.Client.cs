using System.Globalization;
using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.History;
using DurableTask.Core.Query;
using DurableTask.Sqlite.History;
using DurableTask.Sqlite.Storage;
using Microsoft.Data.Sqlite;

namespace DurableTask.Sqlite;

public sealed partial class SqliteOrchestrationService
{
    private static readonly OrchestrationStatus[] NotEnded = [OrchestrationStatus.Pending, OrchestrationStatus.Running, OrchestrationStatus.Suspended];

    /// <inheritdoc cref="CreateTaskOrchestrationAsync(TaskMessage, OrchestrationStatus[])"/>
    public Task CreateTaskOrchestrationAsync(TaskMessage creationMessage) => CreateTaskOrchestrationAsync(creationMessage, null);

    /// <summary>Creates an instance. One with the same id is replaced in the same transaction, or refused.</summary>
    /// <param name="creationMessage">Holds the <see cref="ExecutionStartedEvent"/>.</param>
    /// <param name="dedupeStatuses">The states of an existing instance that refuse the new one; null for those of one that has not ended.</param>
    /// <exception cref="OrchestrationAlreadyExistsException">There is an instance with that id in one of those states.</exception>
    public async Task CreateTaskOrchestrationAsync(TaskMessage creationMessage, OrchestrationStatus[]? dedupeStatuses)
    {
        ArgumentNullException.ThrowIfNull(creationMessage);
        var started = (ExecutionStartedEvent)creationMessage.Event;
        var id = started.OrchestrationInstance.InstanceId;
        await _database.WriteAsync(
            connection =>
            {
                if (Instances.Read(connection, id) is { } existing && (dedupeStatuses ?? NotEnded).Contains(existing.OrchestrationStatus))
                {
                    throw new OrchestrationAlreadyExistsException($"There already is an orchestration with the instance id '{id}'; it is {existing.OrchestrationStatus}.");
                }

                Instances.Purge(connection, id);
                Instances.Add(connection, started, DateTime.UtcNow);
            },
            CancellationToken.None);
        _instancesReady.Set();
    }

    /// <summary>Sends a message to an instance. It is dropped where the instance is unknown or has ended.</summary>
    public Task SendTaskOrchestrationMessageAsync(TaskMessage message) => SendTaskOrchestrationMessageBatchAsync(message);

    /// <summary>Sends messages to instances, all or none of them. Those to instances that are unknown or have ended are dropped.</summary>
    public async Task SendTaskOrchestrationMessageBatchAsync(params TaskMessage[] messages)
    {
        await _database.WriteAsync(
            connection =>
            {
                foreach (var message in messages)
                {
                    Messages.Add(connection, message, DateTime.UtcNow);
                }
            },
            CancellationToken.None);
        foreach (var message in messages)
        {
            Wake(message.OrchestrationInstance.InstanceId);
        }
    }

    /// <summary>Waits for an instance to end.</summary>
    /// <exception cref="InvalidOperationException">There is no such instance.</exception>
    /// <exception cref="TimeoutException">It has not ended in time.</exception>
    public Task<OrchestrationState> WaitForOrchestrationAsync(
        string instanceId, string? executionId, TimeSpan timeout, CancellationToken cancellationToken) => WaitForStateAsync(
            instanceId,
            state => Instances.IsEnd(state.OrchestrationStatus)
                && (string.IsNullOrEmpty(executionId) || state.OrchestrationInstance.ExecutionId == executionId),
            timeout,
            cancellationToken);

    /// <summary>Terminates an instance: at once if it has not begun, else when its worker receives the message.</summary>
    public Task ForceTerminateTaskOrchestrationAsync(string instanceId, string? reason) => TerminateAsync(instanceId, reason, recursive: false);

    /// <inheritdoc/>
    public async Task<IList<OrchestrationState>> GetOrchestrationStateAsync(string instanceId, bool allExecutions) =>
        await GetOrchestrationStateAsync(instanceId, executionId: null) is { } state ? [state] : [];

    /// <summary>Reads an instance's state.</summary>
    /// <returns>The state; null where there is no such instance, or it is another execution by now.</returns>
    public Task<OrchestrationState?> GetOrchestrationStateAsync(string instanceId, string? executionId)
    {
        var state = _database.Read(connection => Instances.Read(connection, instanceId));
        return Task.FromResult(string.IsNullOrEmpty(executionId) || state?.OrchestrationInstance.ExecutionId == executionId ? state : null);
    }

    /// <summary>Reads an instance's history as JSON lines, one event a line; see <see cref="RecordedHistory"/>.</summary>
    public async Task<string> GetOrchestrationHistoryAsync(string instanceId, string? executionId) =>
        await GetOrchestrationStateAsync(instanceId, executionId) is null
            ? ""
            : RecordedHistory.Write(_database.Read(connection => Histories.Read(connection, instanceId)));

    /// <summary>Removes instances that have ended.</summary>
    public async Task PurgeOrchestrationHistoryAsync(DateTime thresholdDateTimeUtc, OrchestrationStateTimeRangeFilterType timeRangeFilterType)
    {
        var filter = timeRangeFilterType switch
        {
            OrchestrationStateTimeRangeFilterType.OrchestrationCreatedTimeFilter => new InstanceFilter { CreatedTo = thresholdDateTimeUtc },
            OrchestrationStateTimeRangeFilterType.OrchestrationCompletedTimeFilter => new InstanceFilter { EndedTo = thresholdDateTimeUtc },
            _ => throw new NotSupportedException($"Purging by {timeRangeFilterType} is not supported; use the time of creation or completion."),
        };
        await PurgeAsync(filter, null);
    }

    /// <summary>Removes an instance that has ended.</summary>
    public Task<PurgeResult> PurgeInstanceStateAsync(string instanceId) => PurgeAsync(instanceId, recursive: false);

    /// <summary>Removes the instances that have ended and fit a filter.</summary>
    public Task<PurgeResult> PurgeInstanceStateAsync(PurgeInstanceFilter purgeInstanceFilter)
    {
        ArgumentNullException.ThrowIfNull(purgeInstanceFilter);
        return PurgeAsync(
            new InstanceFilter
            {
                CreatedFrom = purgeInstanceFilter.CreatedTimeFrom,
                CreatedTo = purgeInstanceFilter.CreatedTimeTo,
                Statuses = purgeInstanceFilter.RuntimeStatus?.ToList(),
            },
            purgeInstanceFilter.Timeout);
    }

    /// <summary>Lists instances, those created last first.</summary>
    public Task<OrchestrationQueryResult> GetOrchestrationWithQueryAsync(OrchestrationQuery query, CancellationToken cancellationToken) =>
        GetOrchestrationWithQueryAsync(query, name: null, cancellationToken);

    /// <summary>Lists the instances of one orchestrator, those created last first.</summary>
    /// <exception cref="ArgumentException">The page size is not positive, or the continuation token is not one of this service's.</exception>
    public Task<OrchestrationQueryResult> GetOrchestrationWithQueryAsync(OrchestrationQuery query, string? name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(query.PageSize);
        return Task.FromResult(ReadPage(
            new InstanceFilter
            {
                CreatedFrom = query.CreatedTimeFrom,
                CreatedTo = query.CreatedTimeTo,
                Statuses = query.RuntimeStatus?.ToList(),
                IdPrefix = query.InstanceIdPrefix,
                Name = name,
                Payloads = query.FetchInputsAndOutputs,
            },
            query.PageSize,
            query.ContinuationToken));
    }

    internal OrchestrationQueryResult ReadPage(InstanceFilter filter, int pageSize, string? continuationToken)
    {
        if (!string.IsNullOrEmpty(continuationToken))
        {
            filter = filter with
            {
                Before = long.TryParse(continuationToken, NumberStyles.None, CultureInfo.InvariantCulture, out var before)
                    ? before
                    : throw new ArgumentException($"'{continuationToken}' is not a continuation token; pass on what the last page returned.", nameof(continuationToken)),
            };
        }

        // One extra tells whether there is a next page.
        var found = _database.Read(connection => Instances.Find(connection, filter, pageSize + 1));
        var page = found.Take(pageSize).ToList();
        return new OrchestrationQueryResult(
            page.ConvertAll(entry => entry.State),
            found.Count > pageSize ? page[^1].Number.ToString(CultureInfo.InvariantCulture) : null);
    }

    internal List<HistoryEvent> ReadHistory(string instanceId) => _database.Read(connection => Histories.Read(connection, instanceId));

    internal async Task<OrchestrationState> WaitForStateAsync(
        string instanceId, Func<OrchestrationState, bool> condition, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = timeout >= TimeSpan.Zero && timeout < TimeSpan.FromDays(40) ? new CancellationTokenSource(timeout) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        while (true)
        {
            var next = _stateChanged.Next;
            var state = await GetOrchestrationStateAsync(instanceId, executionId: null)
                ?? throw new InvalidOperationException($"There is no orchestration with the instance id '{instanceId}'; it was never started, or has been purged.");
            if (condition(state))
            {
                return state;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"'{instanceId}' is still {state.OrchestrationStatus} after {timeout.TotalSeconds:0.#} s.");
            }

            await WaitAsync(next, Options.PollingInterval, either.Token);
        }
    }

    internal async Task TerminateAsync(string instanceId, string? reason, bool recursive)
    {
        var ids = await _database.WriteAsync(
            connection =>
            {
                List<string> all = [instanceId, .. recursive ? Instances.Descendants(connection, instanceId, ended: false) : []];
                all.ForEach(id => Terminate(connection, id, reason));
                return all;
            },
            CancellationToken.None);
        ids.ForEach(Wake);
        _stateChanged.Set();
    }

    internal async Task<PurgeResult> PurgeAsync(string instanceId, bool recursive)
    {
        var count = await _database.WriteAsync(
            connection =>
            {
                if (Instances.Read(connection, instanceId) is not { } state || !Instances.IsEnd(state.OrchestrationStatus))
                {
                    return 0;
                }

                List<string> all = [instanceId, .. recursive ? Instances.Descendants(connection, instanceId, ended: true) : []];
                return all.Count(id => Instances.Purge(connection, id));
            },
            CancellationToken.None);
        await _database.ShrinkAsync(CancellationToken.None);
        return new PurgeResult(count);
    }

    private async Task<PurgeResult> PurgeAsync(InstanceFilter filter, TimeSpan? timeout)
    {
        const int AtOnce = 100;
        filter = filter with { EndedOnly = true, Payloads = false };
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var total = 0;
        int count;
        do
        {
            count = await _database.WriteAsync(
                connection => Instances.Find(connection, filter, AtOnce)
                    .Count(found => Instances.Purge(connection, found.State.OrchestrationInstance.InstanceId)),
                CancellationToken.None);
            total += count;
        }
        while (count == AtOnce && !(watch.Elapsed > timeout));
        await _database.ShrinkAsync(CancellationToken.None);
        return new PurgeResult(total, isComplete: count < AtOnce);
    }

    private static void Terminate(SqliteConnection connection, string id, string? reason)
    {
        var now = DateTime.UtcNow;
        if (!Instances.TerminatePending(connection, id, reason, now))
        {
            Messages.Add(
                connection,
                new TaskMessage
                {
                    OrchestrationInstance = new OrchestrationInstance { InstanceId = id },
                    Event = new ExecutionTerminatedEvent(-1, reason),
                },
                now);
            return;
        }

        Messages.Clear(connection, id);
        if (Instances.Read(connection, id)?.ParentInstance is { } parent)
        {
            var text = $"'{id}' was terminated before it started.";
            Messages.Add(
                connection,
                new TaskMessage
                {
                    OrchestrationInstance = parent.OrchestrationInstance,
                    Event = new SubOrchestrationInstanceFailedEvent(
                        -1, parent.TaskScheduleId, text, null, new FailureDetails("Terminated", text, null, null, isNonRetriable: true)),
                },
                now);
        }
    }
}
