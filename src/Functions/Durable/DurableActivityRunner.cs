using Grpc.Core;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Functions.Durable;

/// <summary>Runs activities of the workflows on Durable Task, which does not tell an activity that its operation was terminated.</summary>
internal sealed partial class DurableActivityRunner(TimeProvider time, ILogger<DurableActivityRunner> logger)
{
    /// <summary>How often it is asked whether an activity's operation still runs.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Runs an activity.</summary>
    /// <param name="activity">The activity.</param>
    /// <param name="instanceId">The operation it belongs to.</param>
    /// <param name="input">JSON.</param>
    /// <param name="client">Knows whether the operation still runs.</param>
    /// <param name="stopping">Cancelled when the host shuts down; then the run is not counted and the activity is run again elsewhere.</param>
    /// <exception cref="RecordedFailureException">The activity failed.</exception>
    /// <exception cref="OperationCanceledException">The host shuts down.</exception>
    public async Task<string> RunAsync(
        IActivity activity, string instanceId, string input, DurableTaskClient client, CancellationToken stopping)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var ended = new CancellationTokenSource();
        var watch = WatchAsync(instanceId, client, stop, ended.Token);
        try
        {
            return await activity.RunAsync(new Context(instanceId), input, stop.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && stopping.IsCancellationRequested)
        {
            // The hub's client says it in its own way.
            throw new OperationCanceledException(e.Message, e, stopping);
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled } && stop.IsCancellationRequested)
        {
            throw new RecordedFailureException(new WorkflowFailure(WorkflowError.Cancelled, $"Operation {instanceId} has ended."));
        }
#pragma warning disable CA1031 // Whatever the activity threw is its outcome, and is recorded as such.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var failure = WorkflowFailure.From(e);
            Failed(logger, activity.Name, instanceId, failure.ToString());
            throw new RecordedFailureException(failure);
        }
        finally
        {
            await ended.CancelAsync();
            await watch;
        }
    }

    private async Task WatchAsync(string instanceId, DurableTaskClient client, CancellationTokenSource stop, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(WatchInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                if (await HasEndedAsync(instanceId, client, ended))
                {
                    await stop.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The activity has ended.
        }
    }

    private async Task<bool> HasEndedAsync(string instanceId, DurableTaskClient client, CancellationToken ended)
    {
        try
        {
            return await client.GetInstanceAsync(instanceId, ended) is not { } instance || !DurableWorkflowClient.IsRunning(instance);
        }
#pragma warning disable CA1031 // A hub that does not answer is no reason to break off a transfer of hours; it is asked again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!ended.IsCancellationRequested)
            {
                Unwatched(logger, instanceId, e.Message);
            }

            return false;
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "Activity {Activity} of {Operation} failed: {Failure}")]
    private static partial void Failed(ILogger logger, string activity, string operation, string failure);

    [LoggerMessage(2202, LogLevel.Warning, "Whether {Operation} still runs could not be asked: {Reason}")]
    private static partial void Unwatched(ILogger logger, string operation, string reason);

    private sealed class Context(string instanceId) : IActivityContext
    {
        public string InstanceId => instanceId;

        // The operation's own events (2012) say how far it is; Durable Task has no place for more.
        public void Report(ActivityProgress progress)
        {
        }
    }
}
