using System.Diagnostics;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Telemetry;

namespace TfeBackup.Operations.Steps;

/// <summary>
/// The part shared by all activities: a span, an end when their operation has ended or the host shuts down, a refusal to begin a change that an
/// operator has cancelled, and failures in the form that histories keep.
/// </summary>
internal sealed partial class ActivityServices(
    IDurableTaskClientProvider clients,
    IOperationClaims claims,
    IOperationProgress progress,
    OperationTelemetry telemetry,
    OperationTimings timings,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<ActivityServices> logger)
{
    internal async Task<T> RunAsync<T>(
        TaskActivityContext context, string? installation, bool changes, Func<ActivityRun, CancellationToken, Task<T>> work)
    {
        var operationId = context.InstanceId;
        var stopping = context is IStoppableActivityContext own ? own.Stopping : lifetime.ApplicationStopping;
        using var span = telemetry.Source.StartActivity(context.Name, ActivityKind.Internal, OperationTrace.Parent(operationId));
        span?.SetTag(TelemetryNames.OperationTag, operationId);
        span?.SetTag(TelemetryNames.InstallationTag, installation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var ended = new CancellationTokenSource();
        var watch = WatchAsync(operationId, changes, stop, ended.Token);
        try
        {
            if (changes && await IsCancelledAsync(operationId, stop.Token))
            {
                throw new OperationException(OperationError.Cancelled, "The operation was cancelled before this step began; it changed nothing.");
            }

            return await work(new ActivityRun(operationId, progress), stop.Token);
        }
        catch (Exception e) when (HubCancellation.Is(e) && stopping.IsCancellationRequested)
        {
            // Not an outcome: the activity will run again.
            Fail(span, OperationError.Cancelled);
            throw new OperationCanceledException($"Activity {context.Name} of {operationId} was interrupted.", e, stopping);
        }
#pragma warning disable CA1031 // Whatever the activity threw is its outcome, and is recorded as such.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var failure = HubCancellation.Is(e) && stop.IsCancellationRequested
                ? new OperationFailure(OperationError.Cancelled, $"Operation {operationId} was cancelled or has ended.")
                : OperationFailure.From(e);
            Failed(logger, context.Name, operationId, failure.ToString());

            // The category is enough; the message is in the operation's history.
            Fail(span, failure.Error);
            throw new RecordedFailureException(failure);
        }
        finally
        {
            progress.Clear(operationId);
            await ended.CancelAsync();
            await watch;
        }
    }

    private async Task<bool> IsCancelledAsync(string operationId, CancellationToken cancellationToken) =>
        await claims.FindHolderAsync(OperationResources.Cancellation(operationId), cancellationToken) is not null;

    private static void Fail(Activity? span, OperationError error)
    {
        span?.SetTag(TelemetryNames.ErrorTag, error.ToString());
        span?.SetStatus(ActivityStatusCode.Error, error.ToString());
    }

    private async Task WatchAsync(string operationId, bool changes, CancellationTokenSource stop, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(timings.WatchInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                if (await IsOverAsync(operationId, changes, ended))
                {
                    await stop.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The activity ended.
        }
    }

    // An activity with side effects runs to its end once begun, unless its operation has ended.
    private async Task<bool> IsOverAsync(string operationId, bool changes, CancellationToken ended)
    {
        try
        {
            return await clients.GetClient().GetInstanceAsync(operationId, ended) is not { IsCompleted: false }
                || (!changes && await IsCancelledAsync(operationId, ended));
        }
#pragma warning disable CA1031 // A hub that does not answer is no reason to break off a transfer of hours; it is asked again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!ended.IsCancellationRequested)
            {
                Unwatched(logger, operationId, e.Message);
            }

            return false;
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "Activity {Activity} of {Operation} failed: {Failure}")]
    private static partial void Failed(ILogger logger, string activity, string operation, string failure);

    [LoggerMessage(2202, LogLevel.Warning, "The state of {Operation} could not be determined: {Reason}")]
    private static partial void Unwatched(ILogger logger, string operation, string reason);
}
