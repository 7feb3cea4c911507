using System.Text.Json.Serialization;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Restart;
using TfeBackup.Operations.Steps;

namespace TfeBackup.Operations.Restore;

/// <summary>Asks for a restore.</summary>
public sealed record RestoreInput
{
    /// <summary>
    /// The backup: <c>installation/id</c>, an id alone, <c>installation/latest</c>, or <c>latest</c> (the newest of the only
    /// installation that has any).
    /// </summary>
    public required string Backup { get; init; }

    /// <summary>Into which installation.</summary>
    public required string Target { get; init; }

    /// <summary>True if a target that holds data may be overwritten. A safety backup of it is taken first.</summary>
    public bool Overwrite { get; init; }

    /// <summary>True if an operator must approve first.</summary>
    public bool RequireApproval { get; init; }

    /// <summary>
    /// The operator's word that a target that does not say what it holds is empty; refused where anything shows that it is not.
    /// </summary>
    public bool TargetIsEmpty { get; init; }

    /// <summary>
    /// The target's name, if the data that is replaced is given up without a safety backup. Who asks for it repeats the target's name, so that it happens to
    /// nobody by mistake: see <see cref="Check"/>.
    /// </summary>
    public string? NoSafetyBackup { get; init; }

    /// <summary>
    /// Constraints that the backup's rows break because the source broke them itself, to be put back <c>NOT VALID</c>:
    /// <c>schema.table.constraint</c>. Null for none.
    /// </summary>
    public IReadOnlyList<string>? NotValid { get; init; }

    /// <summary>Checks what one member says against the others.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidRequest"/>, naming both.</exception>
    public void Check()
    {
        if (NoSafetyBackup is not null && NoSafetyBackup != Target)
        {
            throw new OperationException(
                OperationError.InvalidRequest,
                $"The safety backup was waived for '{NoSafetyBackup}', but the target is '{Target}'. To overwrite it without a safety backup, repeat the target's name.");
        }

        if (TargetIsEmpty && Overwrite)
        {
            throw new OperationException(
                OperationError.InvalidRequest, $"{Target} cannot be both declared empty and overwritten; use only one of the two.");
        }
    }
}

internal sealed record RestorePlanInput(string Backup, string Target);

/// <param name="Record">The backup.</param>
/// <param name="Note">A note on the choice for the operator.</param>
/// <param name="Timings">The timings in force.</param>
/// <param name="Facts">What was found; null in plans of earlier versions, whose restores look at the target only after they have read the backup.</param>
internal sealed record RestorePlan(BackupRecord Record, string? Note, OperationTimings Timings, RestoreFacts? Facts = null);

/// <param name="LastCheck">The backup's last check.</param>
/// <param name="Target">The target's status.</param>
/// <param name="Restart">How its application is restarted; null for by hand.</param>
/// <param name="Words">How users of this host phrase requests.</param>
internal sealed record RestoreFacts(LastCheck? LastCheck, InstallationAnswer Target, string? Restart, RequestWords Words);

internal sealed record ApplyInput(
    string Target,
    BackupKey Key,
    long Size,
    SecretReference Password,
    bool Overwrite,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? NotValid = null);

internal sealed record ApplyOutput(DateTimeOffset Finished);

internal sealed record AskRestoreOutput(RestoreOutcome Outcome);

/// <summary>The result of a restore.</summary>
/// <param name="Backup">The backup that was restored.</param>
/// <param name="Target">The installation it was restored into.</param>
/// <param name="Safety">The backup of what was overwritten; null where nothing was.</param>
/// <param name="Restart">The restart afterwards.</param>
/// <param name="NotValid">The constraints that were put back <c>NOT VALID</c>, as asked; null for none.</param>
public sealed record RestoreOutput(
    BackupKey Backup, string Target, BackupKey? Safety, RestartOutput Restart, IReadOnlyList<string>? NotValid = null);
