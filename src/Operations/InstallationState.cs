using TfeBackup.Operations.Model;

namespace TfeBackup.Operations;

/// <summary>The state of one installation's backups.</summary>
public sealed record InstallationState
{
    /// <summary>The installation.</summary>
    public required string Installation { get; init; }

    /// <summary>When the store was last asked (UTC).</summary>
    public required DateTimeOffset Listed { get; init; }

    /// <summary>
    /// The newest backup that is verified and whose last check passed, what a restore takes for "latest"; safety backups are passed over. Null where
    /// there is none.
    /// </summary>
    public BackupKey? LastVerified { get; init; }

    /// <summary>When that one was begun (UTC): it holds nothing newer.</summary>
    public DateTimeOffset? LastVerifiedTime { get; init; }

    /// <summary>Its size in bytes; null where there is none.</summary>
    public long? LastVerifiedSize { get; init; }

    /// <summary>The newest backup, where its last check failed and an older one has to do; null otherwise.</summary>
    public BackupKey? NewestFailed { get; init; }

    /// <summary>When a drill passed last (UTC); null where none has, or none is configured.</summary>
    public DateTimeOffset? LastDrillTime { get; init; }

    /// <summary>The number of published backups, safety backups included.</summary>
    public required int Stored { get; init; }

    /// <summary>Their total size in bytes.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>When the oldest of them was begun (UTC); null where there is none.</summary>
    public DateTimeOffset? OldestTime { get; init; }

    /// <summary>Gets whether the newest verified backup is older than the installation's RPO; false without an RPO.</summary>
    public bool IsOverdue(InstallationDefinition installation, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(installation);
        return installation.Rpo is { } rpo && !(now - LastVerifiedTime <= rpo);
    }
}
