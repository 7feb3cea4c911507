using System.Diagnostics;
using TfeBackup.Workflows.Orchestrations;
using TfeBackup.Workflows.Telemetry;
using static TfeBackup.Workflows.Telemetry.WorkflowTelemetry;

namespace TfeBackup.Workflows.Operations;

/// <summary>
/// Says in log, metrics and trace how an operation ended. Alerts are built on them, so their names are stable; after a crash one may be said twice.
/// </summary>
internal sealed class ReportActivity(WorkflowTelemetry telemetry) : Activity<ReportInput, ReportOutput>(WorkflowActivities.Report)
{
    protected override Task<ReportOutput> RunAsync(IActivityContext context, ReportInput input, CancellationToken cancellationToken)
    {
        var failure = input.Failure is null ? null : WorkflowFailure.Parse(input.Failure);
        Log(context.InstanceId, input, failure);
        Measure(input, failure?.Error);
        Trace(context, input, failure?.Error);
        return Task.FromResult(new ReportOutput(true));
    }

    private void Log(string operation, ReportInput input, WorkflowFailure? failure)
    {
        var log = telemetry.Events;
        var seconds = input.Duration?.TotalSeconds;
        foreach (var warning in input.Warnings)
        {
            log.OperationWarned(input.Kind, operation, input.Installation, input.Backup, warning);
        }

        if (failure is not null)
        {
            log.OperationFailed(input.Kind, operation, input.Installation, input.Backup, seconds, failure.Error, failure.Message);
        }
        else if (input.Kind == OperationKind.Backup)
        {
            log.BackupPublished(input.Kind, operation, input.Backup, input.Installation, input.Purpose, input.Size, seconds);
        }
        else
        {
            log.OperationCompleted(input.Kind, operation, input.Installation, input.Backup, seconds);
        }
    }

    private void Measure(ReportInput input, WorkflowError? error)
    {
        var tags = new TagList { Installation(input.Installation), Outcome(error) };
        if (input.Restart is { } restart)
        {
            telemetry.RestartDuration.Record(
                restart.Duration.TotalSeconds, Installation(input.Installation), Outcome(restart.Error));
        }

        if (input.Duration is { } duration)
        {
            switch (input.Kind)
            {
                case OperationKind.Backup:
                    telemetry.Duration.Record(
                        duration.TotalSeconds, Installation(input.Installation), Outcome(error), new(TelemetryNames.PurposeDimension, input.Purpose?.ToString()));
                    break;
                case OperationKind.Restore:
                    telemetry.RestoreDuration.Record(duration.TotalSeconds, tags);
                    break;
            }
        }

        tags.Add(TelemetryNames.KindDimension, input.Kind.ToString());
        if (error is not null)
        {
            tags.Add(TelemetryNames.ErrorDimension, error.ToString());
        }

        telemetry.Operations.Add(1, tags);
    }

    /// <summary>The span of the operation as a whole, from when it began; only now is it known to be over.</summary>
    private void Trace(IActivityContext context, ReportInput input, WorkflowError? error)
    {
        // Beside the activities' spans and not below this one's.
        var parent = Activity.Current is { Source.Name: TelemetryNames.ActivitySource } own
            ? new ActivityContext(own.TraceId, own.ParentSpanId, own.ActivityTraceFlags, own.TraceStateString, isRemote: true)
            : OperationTrace.Parent(context);
        using var span = telemetry.Source.StartActivity(input.Kind.ToString(), ActivityKind.Internal, parent, startTime: input.Started ?? default);
        span?.SetTag(TelemetryNames.OperationTag, context.InstanceId);
        span?.SetTag(TelemetryNames.InstallationTag, input.Installation);
        if (error is not null)
        {
            span?.SetTag(TelemetryNames.ErrorTag, error.ToString());
            span?.SetStatus(ActivityStatusCode.Error, error.ToString());
        }
    }
}
