using Microsoft.Extensions.Logging;
using TfeBackup.Workflows.Orchestrations;

namespace TfeBackup.Workflows.Operations;

internal sealed record ReportInput(OperationKind Kind, string? Installation, string? Backup, long? Size, string? Failure, IReadOnlyList<string> Warnings);

internal sealed record ReportOutput(bool Reported);

/// <summary>
/// Says in the log how an operation ended. Alerts are built on these events, so their ids are stable; after a crash one may be logged twice.
/// </summary>
internal sealed partial class ReportActivity(ILogger<ReportActivity> logger) : Activity<ReportInput, ReportOutput>(WorkflowActivities.Report)
{
    protected override Task<ReportOutput> RunAsync(IActivityContext context, ReportInput input, CancellationToken cancellationToken)
    {
        foreach (var warning in input.Warnings)
        {
            Warned(logger, input.Kind, context.InstanceId, input.Installation, warning);
        }

        if (input.Failure is not null)
        {
            Failed(logger, input.Kind, context.InstanceId, input.Installation, input.Backup, input.Failure);
        }
        else if (input.Kind == OperationKind.Backup)
        {
            Published(logger, context.InstanceId, input.Installation, input.Backup, input.Size);
        }
        else
        {
            Completed(logger, input.Kind, context.InstanceId, input.Installation, input.Backup);
        }

        return Task.FromResult(new ReportOutput(true));
    }

    [LoggerMessage(2001, LogLevel.Information, "Backup {Backup} of {Installation} was taken, verified and published by {Operation} ({Size} bytes).")]
    private static partial void Published(ILogger logger, string operation, string? installation, string? backup, long? size);

    [LoggerMessage(2002, LogLevel.Information, "{Kind} {Operation} of {Installation} ended well (backup {Backup}).")]
    private static partial void Completed(ILogger logger, OperationKind kind, string operation, string? installation, string? backup);

    [LoggerMessage(2003, LogLevel.Error, "{Kind} {Operation} of {Installation} failed (backup {Backup}): {Failure}")]
    private static partial void Failed(ILogger logger, OperationKind kind, string operation, string? installation, string? backup, string failure);

    [LoggerMessage(2004, LogLevel.Warning, "{Kind} {Operation} of {Installation}: {Warning}")]
    private static partial void Warned(ILogger logger, OperationKind kind, string operation, string? installation, string warning);
}
