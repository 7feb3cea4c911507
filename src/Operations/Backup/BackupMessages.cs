using System.Text.Json.Serialization;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Retention;

namespace TfeBackup.Operations.Backup;

/// <summary>Asks for a backup.</summary>
/// <param name="Installation">Of which installation.</param>
/// <param name="Purpose">Why.</param>
/// <param name="Due">When a scheduled one was due (UTC).</param>
/// <param name="AcceptSmaller">
/// The operator's word that an opaque backup may be much smaller than, or of another kind than, the one before.
/// </param>
/// <param name="WaitUntil">Of a scheduled one that is late: how long it waits for another operation that is in its way, in place of being skipped (UTC).</param>
public sealed record BackupInput(
    string Installation,
    BackupPurpose Purpose,
    DateTimeOffset? Due = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool AcceptSmaller = false,
    DateTimeOffset? WaitUntil = null);

/// <summary>The configuration of a backup, read once so that it does not change under way.</summary>
internal sealed record BackupPlan(
    SecretReference Password, bool SkipObjectStorage, RetentionPolicy? Retention, OperationTimings Timings);

internal sealed record StreamInput(
    string Installation,
    SecretReference Password,
    bool SkipObjectStorage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool AcceptSmaller = false);

internal sealed record StreamOutput(
    BackupKey Key, DateTimeOffset Started, DateTimeOffset Finished, long Size, string Sha256, string Format);

/// <summary>The result of a backup.</summary>
/// <param name="Record">The record as published.</param>
/// <param name="Retention">What retention did afterwards; null where there is no policy, or it failed.</param>
public sealed record BackupOutput(BackupRecord Record, RetentionReport? Retention);
