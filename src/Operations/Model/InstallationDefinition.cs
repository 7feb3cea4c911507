namespace TfeBackup.Operations.Model;

/// <summary>The definition of one installation, as operations need it: its names for secrets, its schedules and its policies.</summary>
public sealed record InstallationDefinition
{
    /// <summary>The key it is configured under.</summary>
    public required string Name { get; init; }

    /// <summary><c>PasswordSecret</c>: names the password that backups are encrypted with.</summary>
    public required SecretReference Password { get; init; }

    /// <summary><c>Schedule</c>: when backups are due; null for only on request.</summary>
    public BackupSchedule? Schedule { get; init; }

    /// <summary><c>Retention</c>: which backups are kept; null for all.</summary>
    public RetentionPolicy? Retention { get; init; }

    /// <summary><c>Retention:Schedule</c>: when retention runs by itself; null for after backups and on request only.</summary>
    public BackupSchedule? RetentionSchedule { get; init; }

    /// <summary><c>Drill</c>: where its backups are tried; null for nowhere.</summary>
    public DrillDefinition? Drill { get; init; }

    /// <summary><c>Rpo</c>: how old the newest verified backup may be before somebody must know; null where nobody said.</summary>
    public TimeSpan? Rpo { get; init; }

    /// <summary><c>PingUrlSecret</c>: names the address that is told of every backup's begin and end; null where nobody is.</summary>
    public SecretReference? Ping { get; init; }

    /// <summary><c>SkipObjectStorage</c>: leaves the objects out of backups.</summary>
    public bool SkipObjectStorage { get; init; }

    /// <summary><c>Restart:Timeout</c>: how long one command may take, and how long the wait for stopped or ready may.</summary>
    public TimeSpan RestartTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The secrets it needs, its password among them; the monitor watches their expiry.</summary>
    public IReadOnlyCollection<SecretReference> Secrets { get; init; } = [];

    /// <summary>Gets where its backups are tried.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>: nowhere.</exception>
    internal DrillDefinition GetDrill() => Drill
        ?? throw new OperationException(
            OperationError.InvalidConfiguration,
            $"Installations:{Name}:Drill is missing; expected a section with Into, the scratch installation whose data a drill replaces.");
}
