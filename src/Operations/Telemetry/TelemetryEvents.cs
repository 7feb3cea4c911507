using Microsoft.Extensions.Logging;
using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Telemetry;

/// <summary>The log events that alerts are built on. After a crash one may be logged twice.</summary>
internal static partial class TelemetryEvents
{
    [LoggerMessage(
        EventId = TelemetryNames.BackupPublishedId, EventName = TelemetryNames.BackupPublished, Level = LogLevel.Information,
        Message = "{Kind} {Operation}: backup {Backup} of {Installation} was taken, verified and published ({Purpose}, {Size} bytes, {DurationSeconds:0.0} s).")]
    public static partial void BackupPublished(
        this ILogger logger, OperationKind kind, string operation, string? backup, string? installation, BackupPurpose? purpose, long? size, double? durationSeconds);

    [LoggerMessage(
        EventId = TelemetryNames.OperationCompletedId, EventName = TelemetryNames.OperationCompleted, Level = LogLevel.Information,
        Message = "{Kind} {Operation} of {Installation} completed (backup {Backup}, {DurationSeconds:0.0} s).")]
    public static partial void OperationCompleted(
        this ILogger logger, OperationKind kind, string operation, string? installation, string? backup, double? durationSeconds);

    [LoggerMessage(
        EventId = TelemetryNames.OperationFailedId, EventName = TelemetryNames.OperationFailed, Level = LogLevel.Error,
        Message = "{Kind} {Operation} of {Installation} failed (backup {Backup}, {DurationSeconds:0.0} s): {Error}: {Failure}")]
    public static partial void OperationFailed(
        this ILogger logger, OperationKind kind, string operation, string? installation, string? backup, double? durationSeconds, OperationError error, string failure);

    [LoggerMessage(
        EventId = TelemetryNames.OperationWarningId, EventName = TelemetryNames.OperationWarning, Level = LogLevel.Warning,
        Message = "{Kind} {Operation} of {Installation} (backup {Backup}): {Warning}")]
    public static partial void OperationWarned(
        this ILogger logger, OperationKind kind, string operation, string? installation, string? backup, string warning);

    [LoggerMessage(
        EventId = TelemetryNames.OperationStartedId, EventName = TelemetryNames.OperationStarted, Level = LogLevel.Information,
        Message = "{Kind} {Operation} of {Installation} began.")]
    public static partial void OperationStarted(this ILogger logger, OperationKind kind, string operation, string? installation);

    [LoggerMessage(
        EventId = TelemetryNames.BackupVerifiedId, EventName = TelemetryNames.BackupVerified, Level = LogLevel.Information,
        Message = "{Operation}: backup {Backup} of {Installation} was verified ({Method}, {Size} bytes, {DurationSeconds:0.0} s).")]
    public static partial void BackupVerified(
        this ILogger logger, string operation, string backup, string installation, string method, long size, double durationSeconds);

    [LoggerMessage(
        EventId = TelemetryNames.VerificationFailedId, EventName = TelemetryNames.VerificationFailed, Level = LogLevel.Error,
        Message = "{Operation}: backup {Backup} of {Installation} failed verification: {Error}: {Failure}")]
    public static partial void VerificationFailed(
        this ILogger logger, string operation, string backup, string installation, OperationError error, string failure);

    [LoggerMessage(
        EventId = TelemetryNames.TickSkippedId, EventName = TelemetryNames.TickSkipped, Level = LogLevel.Warning,
        Message = "{Kind} {Operation} of {Installation}, due at {Due:yyyy-MM-dd HH:mm:ss}Z, was skipped: operation {Holder} was still running.")]
    public static partial void TickSkipped(
        this ILogger logger, OperationKind kind, string operation, string installation, DateTimeOffset due, string holder);

    [LoggerMessage(
        EventId = TelemetryNames.RetentionAppliedId, EventName = TelemetryNames.RetentionApplied, Level = LogLevel.Information,
        Message = "{Operation}: retention of {Installation} (dry run {DryRun}) kept {Kept}, removed {Removed} and {Orphans} orphans ({Bytes} bytes); could not be removed: {Immutable} immutable, {Refused} for other reasons.")]
    public static partial void RetentionApplied(
        this ILogger logger, string operation, string installation, bool dryRun, int kept, int removed, int orphans, long bytes, int immutable, int refused);

    [LoggerMessage(
        EventId = TelemetryNames.DrillCompletedId, EventName = TelemetryNames.DrillCompleted,
        Message = "{Operation}: drill with {Backup} of {Installation} into {Into}: {Outcome} (compared {Compared}, {Rows} rows, {Objects} objects, {Differences} differences, {DurationSeconds:0.0} s).")]
    public static partial void DrillCompleted(
        this ILogger logger, LogLevel level, string operation, string backup, string installation, string into, string outcome, bool compared, long rows, long objects, long differences, double? durationSeconds);

    [LoggerMessage(
        EventId = TelemetryNames.InstallationStateId, EventName = TelemetryNames.InstallationState, Level = LogLevel.Information,
        Message = "{Installation}: last verified backup {LastVerified}; {Stored} backups of {StoredBytes} bytes; last drill {LastDrill} [backup={Backup} ageSeconds={AgeSeconds:0} rpoSeconds={RpoSeconds:0} drillAgeSeconds={DrillAgeSeconds:0}].")]
    public static partial void InstallationState(
        this ILogger logger, string installation, string lastVerified, string? backup, double? ageSeconds, double? rpoSeconds, int stored, long storedBytes, string lastDrill, double? drillAgeSeconds);

    [LoggerMessage(
        EventId = TelemetryNames.OperationProgressId, EventName = TelemetryNames.OperationProgress, Level = LogLevel.Information,
        Message = "{Operation} of {Installation}, {Step}: {Bytes} of {Total} bytes.")]
    public static partial void OperationProgress(
        this ILogger logger, string operation, string installation, string step, long bytes, long? total);

    [LoggerMessage(
        EventId = TelemetryNames.SecretExpiringId, EventName = TelemetryNames.SecretExpiring, Level = LogLevel.Warning,
        Message = "Secret {Secret} expires on {ExpiresOn:yyyy-MM-dd HH:mm}Z (in {ExpiresInSeconds:0} s): renew it, and keep the versions that backups refer to.")]
    public static partial void SecretExpiring(this ILogger logger, string secret, DateTimeOffset expiresOn, double expiresInSeconds);

    [LoggerMessage(
        EventId = TelemetryNames.BackupOverdueId, EventName = TelemetryNames.BackupOverdue, Level = LogLevel.Warning,
        Message = "{Installation} has no verified backup within its RPO of {RpoSeconds:0} s; the last one: {LastVerified} [ageSeconds={AgeSeconds:0}].")]
    public static partial void BackupOverdue(
        this ILogger logger, string installation, string lastVerified, double? ageSeconds, double rpoSeconds);

    [LoggerMessage(
        EventId = TelemetryNames.StateUnknownId, EventName = TelemetryNames.StateUnknown, Level = LogLevel.Warning,
        Message = "The state of {Subject} could not be determined: {Error}: {Failure}")]
    public static partial void StateUnknown(this ILogger logger, string subject, OperationError error, string failure);

    [LoggerMessage(
        EventId = TelemetryNames.NotificationFailedId, EventName = TelemetryNames.NotificationFailed, Level = LogLevel.Warning,
        Message = "{Operation} of {Installation}: notification {Channel} could not be sent: {Error}: {Failure}")]
    public static partial void NotificationFailed(
        this ILogger logger, string operation, string? installation, string channel, OperationError error, string failure);
}
