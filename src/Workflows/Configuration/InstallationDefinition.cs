using TfeBackup.Engine.Settings;
using TfeBackup.Workflows.Retention;
using TfeBackup.Workflows.Scheduling;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Workflows.Configuration;

/// <summary>One installation as configured: <c>Installations:&lt;name&gt;</c>.</summary>
public sealed record InstallationDefinition
{
    /// <summary>The key it is configured under.</summary>
    public required string Name { get; init; }

    /// <summary><c>Mode</c>.</summary>
    public InstallationMode Mode { get; init; }

    /// <summary><c>Endpoint</c>: the address below which <c>/_backup/api/v1</c> answers; null in direct mode, where nothing does.</summary>
    public required Uri? Endpoint { get; init; }

    /// <summary><c>TokenSecret</c>: names the bearer token; null in direct mode.</summary>
    public required SecretReference? Token { get; init; }

    /// <summary><c>Direct</c>: where its data is, and the names of the secrets it takes to get at it; null in API mode.</summary>
    public InstallationSettings? Direct { get; init; }

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

    /// <summary><c>SkipObjectStorage</c>: leaves the objects out of backups.</summary>
    public bool SkipObjectStorage { get; init; }

    /// <summary><c>CaFile</c>: full path of a PEM file with the certificates that vouch for the endpoint; null for the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary><c>Restart</c>: how its application is stopped and started.</summary>
    public RestartDefinition Restart { get; init; } = RestartDefinition.ByHand;

    /// <summary><c>Health:Url</c>: the readiness endpoint of the application; null to derive it from the endpoint.</summary>
    public Uri? HealthUrl { get; init; }

    /// <summary>The secrets it needs.</summary>
    public IReadOnlyCollection<SecretReference> Secrets() =>
    [
        .. ((SecretReference?[])[Token, Password]).OfType<SecretReference>(),
        .. ((string?[])[Direct?.PostgresPasswordSecret, Direct?.Vault?.TokenSecret, Direct?.ObjectStore.ConnectionStringSecret])
            .OfType<string>().Select(name => new SecretReference(name)),
    ];
}
