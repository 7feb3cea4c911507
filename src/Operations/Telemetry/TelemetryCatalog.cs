using static TfeBackup.Operations.Telemetry.TelemetryNames;

namespace TfeBackup.Operations.Telemetry;

/// <summary>Everything that is emitted, with units, dimensions and fields. Tests compare it with what is, and queries with it.</summary>
internal static class TelemetryCatalog
{
    /// <summary>The instruments.</summary>
    public static IReadOnlyList<TelemetryInstrument> Instruments { get; } =
    [
        new(BackupDuration, "histogram", "s", [InstallationDimension, OutcomeDimension, PurposeDimension]),
        new(BackupBytes, "histogram", "By", [InstallationDimension]),
        new(BackupThroughput, "histogram", "By/s", [InstallationDimension]),
        new(AgeOfLastVerified, "gauge", "s", [InstallationDimension]),
        new(Rpo, "gauge", "s", [InstallationDimension]),
        new(TelemetryNames.Verification, "counter", "{verification}", [InstallationDimension, OutcomeDimension]),
        new(RestoreDuration, "histogram", "s", [InstallationDimension, OutcomeDimension]),
        new(RestartDuration, "histogram", "s", [InstallationDimension, OutcomeDimension]),
        new(TelemetryNames.Drill, "counter", "{drill}", [InstallationDimension, OutcomeDimension]),
        new(DrillDuration, "histogram", "s", [InstallationDimension, OutcomeDimension]),
        new(AgeOfLastDrill, "gauge", "s", [InstallationDimension]),
        new(DrillInterval, "gauge", "s", [InstallationDimension]),
        new(SourceDuration, "histogram", "s", [InstallationDimension]),
        new(Stored, "gauge", "{backup}", [InstallationDimension]),
        new(StoredBytes, "gauge", "By", [InstallationDimension]),
        new(TelemetryNames.Operations, "counter", "{operation}", [KindDimension, InstallationDimension, OutcomeDimension, ErrorDimension]),
        new(SecretExpiresIn, "gauge", "s", [SecretDimension]),
    ];

    /// <summary>The events.</summary>
    public static IReadOnlyList<TelemetryEvent> Events { get; } =
    [
        new(BackupPublishedId, BackupPublished, EventCategory, ["Kind", "Operation", "Installation", "Backup", "Purpose", "Size", "DurationSeconds"]),
        new(OperationCompletedId, OperationCompleted, EventCategory, ["Kind", "Operation", "Installation", "Backup", "DurationSeconds"]),
        new(OperationFailedId, OperationFailed, EventCategory, ["Kind", "Operation", "Installation", "Backup", "Error", "Failure", "DurationSeconds"]),
        new(OperationWarningId, OperationWarning, EventCategory, ["Kind", "Operation", "Installation", "Backup", "Warning"]),
        new(OperationStartedId, OperationStarted, EventCategory, ["Kind", "Operation", "Installation"]),
        new(BackupVerifiedId, BackupVerified, EventCategory, ["Operation", "Installation", "Backup", "Method", "Size", "DurationSeconds"]),
        new(VerificationFailedId, VerificationFailed, EventCategory, ["Operation", "Installation", "Backup", "Error", "Failure"]),
        new(TickSkippedId, TickSkipped, EventCategory, ["Kind", "Operation", "Installation", "Due", "Holder"]),
        new(
            RetentionAppliedId, RetentionApplied, EventCategory,
            ["Operation", "Installation", "DryRun", "Kept", "Removed", "Immutable", "Refused", "Orphans", "Bytes"]),
        new(
            DrillCompletedId, DrillCompleted, EventCategory,
            ["Operation", "Installation", "Backup", "Into", "Outcome", "Compared", "Rows", "Objects", "Differences", "DurationSeconds"]),
        new(
            InstallationStateId, TelemetryNames.InstallationState, StateCategory,
            ["Installation", "Backup", "LastVerified", "AgeSeconds", "RpoSeconds", "Stored", "StoredBytes", "LastDrill", "DrillAgeSeconds"]),
        new(OperationProgressId, OperationProgress, EventCategory, ["Operation", "Installation", "Step", "Bytes", "Total"]),
        new(SecretExpiringId, SecretExpiring, EventCategory, ["Secret", "ExpiresOn", "ExpiresInSeconds"]),
        new(BackupOverdueId, BackupOverdue, EventCategory, ["Installation", "LastVerified", "AgeSeconds", "RpoSeconds"]),
        new(StateUnknownId, StateUnknown, EventCategory, ["Subject", "Error", "Failure"]),
        new(NotificationFailedId, NotificationFailed, EventCategory, ["Operation", "Installation", "Channel", "Error", "Failure"]),
    ];
}
