using TfeBackup.Operations.Model;

namespace TfeBackup.Operations.Telemetry;

/// <summary>
/// The names that operators' queries, workbooks and alerts rely on: none of it is ever renamed. <see cref="TelemetryCatalog"/> says what belongs to
/// what.
/// </summary>
public static class TelemetryNames
{
    /// <summary>The meter.</summary>
    public const string Meter = "TfeBackup";

    /// <summary>The activity source: a span for each activity, and one for each operation that ended.</summary>
    public const string ActivitySource = "TfeBackup";

    /// <summary>The log category of all events but <see cref="InstallationState"/>. Not to be sampled.</summary>
    public const string EventCategory = "TfeBackup.Workflows.Operations.Events";

    /// <summary>The log category of <see cref="InstallationState"/>, which comes every minute.</summary>
    public const string StateCategory = "TfeBackup.Workflows.Operations.State";

    /// <summary>The duration of a backup, from its claim to its end; waiting for operators is not counted.</summary>
    public const string BackupDuration = "tfe_backup.duration";

    /// <summary>Size of a backup as streamed.</summary>
    public const string BackupBytes = "tfe_backup.bytes";

    /// <summary>Its size by the time the stream took.</summary>
    public const string BackupThroughput = "tfe_backup.throughput";

    /// <summary>The age of the newest backup that is verified and whose last check passed; safety backups are not counted.</summary>
    public const string AgeOfLastVerified = "tfe_backup.age_of_last_verified";

    /// <summary>The age allowed for that one, as configured.</summary>
    public const string Rpo = "tfe_backup.rpo";

    /// <summary>Backups read back and found to be, or not to be, what was streamed.</summary>
    public const string Verification = "tfe_backup.verification";

    /// <summary>The duration of a restore, to readiness; waiting for operators is not counted.</summary>
    public const string RestoreDuration = "tfe_backup.restore.duration";

    /// <summary>The duration of a restart, to readiness, by itself or in a restore or drill; waiting for operators is not counted.</summary>
    public const string RestartDuration = "tfe_backup.restart.duration";

    /// <summary>Drills.</summary>
    public const string Drill = "tfe_backup.drill";

    /// <summary>The duration of a drill.</summary>
    public const string DrillDuration = "tfe_backup.drill.duration";

    /// <summary>The time since the last drill passed; where none has, since there is a backup to drill with.</summary>
    public const string AgeOfLastDrill = "tfe_backup.age_of_last_drill";

    /// <summary>The longest gap of the drill's schedule.</summary>
    public const string DrillInterval = "tfe_backup.drill.interval";

    /// <summary>The duration of one backup call on the installation's API, failed ones included.</summary>
    public const string SourceDuration = "tfe_backup.source.duration";

    /// <summary>Published backups.</summary>
    public const string Stored = "tfe_backup.stored";

    /// <summary>Bytes of published backups.</summary>
    public const string StoredBytes = "tfe_backup.stored.bytes";

    /// <summary>Operations that ended.</summary>
    public const string Operations = "tfe_backup.operations";

    /// <summary>The time until a secret expires, where it does; negative afterwards.</summary>
    public const string SecretExpiresIn = "tfe_backup.secret.expires_in";

    /// <summary>Dimension: the installation's name; of a drill, the one whose backup it is.</summary>
    public const string InstallationDimension = "installation";

    /// <summary>Dimension: <see cref="Ok"/>, <see cref="Failed"/> or <see cref="Cancelled"/>.</summary>
    public const string OutcomeDimension = "outcome";

    /// <summary>Dimension: why the backup was taken, a <see cref="Model.BackupPurpose"/>.</summary>
    public const string PurposeDimension = "purpose";

    /// <summary>Dimension: an <see cref="Model.OperationKind"/>.</summary>
    public const string KindDimension = "kind";

    /// <summary>Dimension: the <see cref="OperationError"/>; absent where there was none.</summary>
    public const string ErrorDimension = "error";

    /// <summary>Dimension: the secret's name.</summary>
    public const string SecretDimension = "secret";

    /// <summary>Outcome.</summary>
    public const string Ok = "ok";

    /// <summary>Outcome.</summary>
    public const string Failed = "failed";

    /// <summary>Outcome: an operator cancelled it; or it was due, and did not run because another operation was in the way (then with the error <c>Busy</c>).</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Tag of spans: the operation's id.</summary>
    public const string OperationTag = "tfe_backup.operation";

    /// <summary>Tag of spans: the installation's name.</summary>
    public const string InstallationTag = "tfe_backup.installation";

    /// <summary>Tag of spans that failed: the <see cref="OperationError"/>.</summary>
    public const string ErrorTag = "error.type";

    /// <summary>A backup was taken, verified and published.</summary>
    public const string BackupPublished = "BackupPublished";

    /// <summary>Id of <see cref="BackupPublished"/>.</summary>
    public const int BackupPublishedId = 2001;

    /// <summary>An operation other than a backup ended well.</summary>
    public const string OperationCompleted = "OperationCompleted";

    /// <summary>Id of <see cref="OperationCompleted"/>.</summary>
    public const int OperationCompletedId = 2002;

    /// <summary>An operation failed, or was cancelled.</summary>
    public const string OperationFailed = "OperationFailed";

    /// <summary>Id of <see cref="OperationFailed"/>.</summary>
    public const int OperationFailedId = 2003;

    /// <summary>Something went wrong without making the operation fail.</summary>
    public const string OperationWarning = "OperationWarning";

    /// <summary>Id of <see cref="OperationWarning"/>.</summary>
    public const int OperationWarningId = 2004;

    /// <summary>An operation has claimed what it works on.</summary>
    public const string OperationStarted = "OperationStarted";

    /// <summary>Id of <see cref="OperationStarted"/>.</summary>
    public const int OperationStartedId = 2005;

    /// <summary>A backup was read back and is what was streamed.</summary>
    public const string BackupVerified = "BackupVerified";

    /// <summary>Id of <see cref="BackupVerified"/>.</summary>
    public const int BackupVerifiedId = 2006;

    /// <summary>A backup was read back and is not what was streamed.</summary>
    public const string VerificationFailed = "VerificationFailed";

    /// <summary>Id of <see cref="VerificationFailed"/>.</summary>
    public const int VerificationFailedId = 2007;

    /// <summary>Something was due and did not run because another operation was in the way.</summary>
    public const string TickSkipped = "TickSkipped";

    /// <summary>Id of <see cref="TickSkipped"/>.</summary>
    public const int TickSkippedId = 2008;

    /// <summary>Retention has done its work.</summary>
    public const string RetentionApplied = "RetentionApplied";

    /// <summary>Id of <see cref="RetentionApplied"/>.</summary>
    public const int RetentionAppliedId = 2009;

    /// <summary>A drill has compared what arrived, whichever way it went.</summary>
    public const string DrillCompleted = "DrillCompleted";

    /// <summary>Id of <see cref="DrillCompleted"/>.</summary>
    public const int DrillCompletedId = 2010;

    /// <summary>The state of an installation's backups, at every state tick.</summary>
    public const string InstallationState = "InstallationState";

    /// <summary>Id of <see cref="InstallationState"/>.</summary>
    public const int InstallationStateId = 2011;

    /// <summary>The progress of a transfer; twice a minute.</summary>
    public const string OperationProgress = "OperationProgress";

    /// <summary>Id of <see cref="OperationProgress"/>.</summary>
    public const int OperationProgressId = 2012;

    /// <summary>A secret expires soon, or has expired.</summary>
    public const string SecretExpiring = "SecretExpiring";

    /// <summary>Id of <see cref="SecretExpiring"/>.</summary>
    public const int SecretExpiringId = 2013;

    /// <summary>The newest verified backup is older than the RPO, or missing: at once, then hourly.</summary>
    public const string BackupOverdue = "BackupOverdue";

    /// <summary>Id of <see cref="BackupOverdue"/>.</summary>
    public const int BackupOverdueId = 2014;

    /// <summary>An installation's backups could not be listed, or a secret not be inspected.</summary>
    public const string StateUnknown = "StateUnknown";

    /// <summary>Id of <see cref="StateUnknown"/>.</summary>
    public const int StateUnknownId = 2015;

    /// <summary>A notification of an operation's end failed.</summary>
    public const string NotificationFailed = "NotificationFailed";

    /// <summary>Id of <see cref="NotificationFailed"/>.</summary>
    public const int NotificationFailedId = 2016;
}
