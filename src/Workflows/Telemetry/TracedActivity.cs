using System.Diagnostics;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Telemetry;

/// <summary>Runs an activity within a span.</summary>
internal sealed class TracedActivity(IActivity inner, WorkflowTelemetry telemetry) : IActivity
{
    public string Name => inner.Name;

    public async Task<string> RunAsync(IActivityContext context, string input, CancellationToken cancellationToken)
    {
        using var span = telemetry.Source.StartActivity(Name, ActivityKind.Internal, OperationTrace.Parent(context));
        span?.SetTag(TelemetryNames.OperationTag, context.InstanceId);
        try
        {
            return await inner.RunAsync(context, input, cancellationToken);
        }
        catch (Exception e) when (span is not null)
        {
            // A message may be long, and is in the operation's history: the category says enough here.
            var error = e is OperationCanceledException && cancellationToken.IsCancellationRequested
                ? WorkflowError.Cancelled
                : WorkflowFailure.From(e).Error;
            span.SetTag(TelemetryNames.ErrorTag, error.ToString());
            span.SetStatus(ActivityStatusCode.Error, error.ToString());
            throw;
        }
    }
}
