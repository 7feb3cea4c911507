using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.DurableTask.Client;
using TfeBackup.Operations.Backup;
using TfeBackup.Operations.Drill;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Restore;
using TfeBackup.Operations.Retention;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Verify;

namespace TfeBackup.Operations;

/// <summary>Finds operations in a task hub, in any host, and forgets those that ended long ago.</summary>
public sealed class OperationQueries(IDurableTaskClientProvider clients)
{
    private const int PageSize = 200;

    private static readonly TimeSpan WaitInterval = TimeSpan.FromMilliseconds(150);

    private static readonly OrchestrationRuntimeStatus[] Ended =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    private DurableTaskClient Client => clients.GetClient();

    /// <summary>Finds an operation by id; null if there is none.</summary>
    public async Task<OperationInstance?> FindAsync(string operationId, CancellationToken cancellationToken) =>
        !IsOfEntity(operationId) && await Client.GetInstanceAsync(operationId, getInputsAndOutputs: true, cancellationToken) is { } found ? Read(found) : null;

    /// <summary>Gets an operation by id.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>: no such operation.</exception>
    public async Task<OperationInstance> GetAsync(string operationId, CancellationToken cancellationToken) =>
        await FindAsync(operationId, cancellationToken) ?? throw NotFound(operationId);

    /// <summary>Gets whether an operation exists and has not ended.</summary>
    public async Task<bool> IsRunningAsync(string operationId, CancellationToken cancellationToken) =>
        !IsOfEntity(operationId) && await Client.GetInstanceAsync(operationId, cancellationToken) is { IsCompleted: false };

    /// <summary>Lists operations, newest first.</summary>
    public async IAsyncEnumerable<OperationInstance> ListAsync(
        OperationQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var filter = new OrchestrationQuery
        {
            InstanceIdPrefix = query.IdPrefix,
            Statuses = query.State is { } state ? StatusesOf(state) : null,
            PageSize = PageSize,
            FetchInputsAndOutputs = true,
        };

        // Task hubs list in no particular order.
        var newest = new PriorityQueue<OrchestrationMetadata, DateTimeOffset>();
        await foreach (var found in Client.GetAllInstancesAsync(filter).WithCancellation(cancellationToken))
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

    /// <summary>Waits until an operation has ended, in whichever process.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.NotFound"/>: no such operation.</exception>
    public async Task<OperationInstance> WaitAsync(string operationId, CancellationToken cancellationToken)
    {
        while (await IsRunningAsync(operationId, cancellationToken))
        {
            await Task.Delay(WaitInterval, cancellationToken);
        }

        return await GetAsync(operationId, cancellationToken);
    }

    /// <summary>
    /// Forgets operations that ended before <paramref name="before"/>, with their histories. The id of one that is forgotten is free again:
    /// <paramref name="except"/> names those that must not be.
    /// </summary>
    /// <returns>The number of operations purged.</returns>
    public async Task<int> PurgeAsync(DateTimeOffset before, IReadOnlySet<string> except, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(except);

        // The hub's own purge goes by creation time without exceptions: an operation that waited months for its operator would be gone on the day it
        // ended, and the last scheduled one would be started again. What ended before a time was also created before it, which narrows the query.
        var filter = new OrchestrationQuery { CreatedTo = before, Statuses = Ended, PageSize = PageSize };
        var old = new List<string>();
        await foreach (var found in Client.GetAllInstancesAsync(filter).WithCancellation(cancellationToken))
        {
            if (found.LastUpdatedAt < before && found.IsCompleted && !except.Contains(found.InstanceId))
            {
                old.Add(found.InstanceId);
            }
        }

        var purged = 0;
        foreach (var id in old)
        {
            purged += (await Client.PurgeInstanceAsync(id, cancellationToken)).PurgedInstanceCount;
        }

        return purged;
    }

    /// <summary>Reads the result of a completed backup; null for anything else.</summary>
    public static BackupOutput? ReadBackup(OperationInstance instance) => Output(instance, BackupOrchestrator.OrchestrationName, OperationJson.Default.BackupOutput);

    /// <summary>Reads the result of a completed restore; null for anything else.</summary>
    public static RestoreOutput? ReadRestore(OperationInstance instance) => Output(instance, RestoreOrchestrator.OrchestrationName, OperationJson.Default.RestoreOutput);

    /// <summary>Reads the result of a completed restart; null for anything else.</summary>
    public static RestartOutput? ReadRestart(OperationInstance instance) => Output(instance, RestartOrchestrator.OrchestrationName, OperationJson.Default.RestartOutput);

    /// <summary>Reads the result of a completed check; null for anything else.</summary>
    public static CheckRecord? ReadCheck(OperationInstance instance) => Output(instance, VerifyOrchestrator.OrchestrationName, OperationJson.Default.CheckRecord);

    /// <summary>Reads the result of completed retention; null for anything else.</summary>
    public static RetentionReport? ReadRetention(OperationInstance instance) => Output(instance, RetentionOrchestrator.OrchestrationName, OperationJson.Default.RetentionReport);

    /// <summary>Reads the result of a drill that passed; null for anything else.</summary>
    public static DrillOutput? ReadDrill(OperationInstance instance) => Output(instance, DrillOrchestrator.OrchestrationName, OperationJson.Default.DrillOutput);

    internal static OperationException NotFound(string operationId) => new(OperationError.NotFound, $"There is no operation '{operationId}'.");

    private static T? Output<T>(OperationInstance instance, string orchestration, JsonTypeInfo<T> type)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.Name == orchestration && instance.Output is { } json ? json.Deserialize(type) : null;
    }

    private static OperationInstance Read(OrchestrationMetadata instance)
    {
        var name = OperationCatalog.NameOf(instance.Name);
        var state = StateOf(instance.RuntimeStatus);
        return new OperationInstance
        {
            Id = instance.InstanceId,
            Name = name,
            State = state,
            Created = instance.CreatedAt,
            Updated = instance.LastUpdatedAt,
            Finished = state == OperationState.Running ? null : instance.LastUpdatedAt,
            Input = JsonElement.Parse(instance.SerializedInput ?? "null"),
            Status = instance.SerializedCustomStatus is { } status && OperationCatalog.IsKnown(name)
                ? JsonSerializer.Deserialize(status, StatusJson.Default.OperationStatus)
                : null,
            Output = state == OperationState.Completed && instance.SerializedOutput is { } output ? JsonElement.Parse(output) : null,
            Failure = state switch
            {
                OperationState.Failed when instance.FailureDetails is { } details => RecordedFailureException.Read(details),
                OperationState.Failed when instance.SerializedOutput is { Length: > 0 } text => RecordedFailureException.Read(text),
                OperationState.Failed => new OperationFailure(OperationError.Internal, "The operation failed; the task hub has no reason."),
                OperationState.Terminated => new OperationFailure(OperationError.Cancelled, ReasonOf(instance)),
                _ => null,
            },
        };
    }

    private static string ReasonOf(OrchestrationMetadata instance)
    {
        try
        {
            return instance.SerializedOutput is { Length: > 0 } output
                ? JsonSerializer.Deserialize(output, OperationJson.Default.String) ?? "terminated"
                : "terminated";
        }
        catch (JsonException)
        {
            // Terminated by another tool, with a reason that is not JSON.
            return instance.SerializedOutput ?? "terminated";
        }
    }

    private static OperationState StateOf(OrchestrationRuntimeStatus status) => status switch
    {
        OrchestrationRuntimeStatus.Completed => OperationState.Completed,
        OrchestrationRuntimeStatus.Failed => OperationState.Failed,
        OrchestrationRuntimeStatus.Terminated => OperationState.Terminated,
        _ => OperationState.Running,
    };

    // Durable Functions throws on entity ids.
    private static bool IsOfEntity(string operationId) => operationId.StartsWith('@');

    private static OrchestrationRuntimeStatus[] StatusesOf(OperationState state) => state switch
    {
        OperationState.Completed => [OrchestrationRuntimeStatus.Completed],
        OperationState.Failed => [OrchestrationRuntimeStatus.Failed],
        OperationState.Terminated => [OrchestrationRuntimeStatus.Terminated],
        _ => [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended],
    };
}
