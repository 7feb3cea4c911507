using System.Diagnostics;
using Microsoft.Extensions.Logging;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Notifications;
using TfeBackup.Operations.Telemetry;
using static TfeBackup.Operations.Telemetry.OperationTelemetry;

namespace TfeBackup.Operations.Steps;

/// <summary>
/// Says in log, metrics and trace how an operation ended. Alerts are built on them, so their names are stable; after a crash one may be said twice.
/// </summary>
internal sealed class ReportActivity(OperationTelemetry telemetry, Notifier notifier, BackupPings pings, ActivityServices services)
    : OperationActivity<ReportInput, ReportOutput>(services)
{
    public static readonly ActivityName<ReportInput, ReportOutput> Call = new("Report");

    protected override string? InstallationOf(ReportInput input) => input.Installation;

    private protected override async Task<ReportOutput> RunAsync(ActivityRun run, ReportInput input, CancellationToken cancellationToken)
    {
        var failure = input.Failure is null ? null : OperationFailure.Parse(input.Failure);
        Log(run.OperationId, input, failure);
        Measure(input, failure?.Error);
        Trace(run, input, failure?.Error);

        // A skipped backup never began; the one in its way sends its own ping.
        if (input is { Kind: OperationKind.Backup, Skipped: null })
        {
            await pings.TrySendAsync(
                telemetry, run.OperationId, input.Installation, failure is null ? PingSignal.Success : PingSignal.Fail, failure?.ToString(), cancellationToken);
        }

        var recipients = notifier.FindRecipients(TriggerOf(input, failure?.Error), warned: input.Warnings.Count > 0);
        return new ReportOutput(recipients.Count == 0 ? null : recipients);
    }

    private static NotificationTrigger TriggerOf(ReportInput input, OperationError? error) => error switch
    {
        null => NotificationTrigger.Completed,
        _ when input.Skipped is not null => NotificationTrigger.Skipped,
        OperationError.Cancelled => NotificationTrigger.Cancelled,
        _ => NotificationTrigger.Failed,
    };

    private void Log(string operation, ReportInput input, OperationFailure? failure)
    {
        var log = telemetry.Events;
        var seconds = input.Duration?.TotalSeconds;
        foreach (var warning in input.Warnings)
        {
            log.OperationWarned(input.Kind, operation, input.Installation, input.Backup, warning);
        }

        if (input.Drill is { } drill)
        {
            log.DrillCompleted(
                failure is null ? LogLevel.Information : LogLevel.Error, operation, input.Backup ?? "", input.Installation ?? "", drill.Into, OutcomeOf(failure?.Error),
                drill.Compared, drill.Rows, drill.Objects, drill.Differences, seconds);
        }

        if (input.Skipped is { } skipped)
        {
            log.TickSkipped(input.Kind, operation, input.Installation ?? "", skipped.Due, skipped.Holder);
        }
        else if (failure is not null)
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

    private void Measure(ReportInput input, OperationError? error)
    {
        // A skipped operation did not fail; the one in its way reports its own outcome.
        var outcome = input.Skipped is null ? Outcome(error) : Outcome(OperationError.Cancelled);
        var tags = new TagList { Installation(input.Installation), outcome };
        if (input.Restart is { } restart)
        {
            telemetry.RestartDuration.Record(
                restart.Duration.TotalSeconds, Installation(input.Installation), Outcome(restart.Error));
        }

        if (input.Skipped is null && input.Duration is { } duration)
        {
            switch (input.Kind)
            {
                case OperationKind.Backup:
                    telemetry.Duration.Record(
                        duration.TotalSeconds, Installation(input.Installation), outcome, new(TelemetryNames.PurposeDimension, input.Purpose?.ToString()));
                    break;
                case OperationKind.Restore:
                    telemetry.RestoreDuration.Record(duration.TotalSeconds, tags);
                    break;
                case OperationKind.Drill:
                    telemetry.Drill.Add(1, tags);
                    telemetry.DrillDuration.Record(duration.TotalSeconds, tags);
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
    private void Trace(ActivityRun run, ReportInput input, OperationError? error)
    {
        // A sibling of the activities' spans, not a child of this one.
        var parent = Activity.Current is { Source.Name: TelemetryNames.ActivitySource } own
            ? new ActivityContext(own.TraceId, own.ParentSpanId, own.ActivityTraceFlags, own.TraceStateString, isRemote: true)
            : OperationTrace.Parent(run.OperationId);
        using var span = telemetry.Source.StartActivity(input.Kind.ToString(), ActivityKind.Internal, parent, startTime: input.Started ?? default);
        span?.SetTag(TelemetryNames.OperationTag, run.OperationId);
        span?.SetTag(TelemetryNames.InstallationTag, input.Installation);
        if (error is not null)
        {
            span?.SetTag(TelemetryNames.ErrorTag, error.ToString());
            span?.SetStatus(ActivityStatusCode.Error, error.ToString());
        }
    }
}
