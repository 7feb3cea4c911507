namespace TfeBackup.Operations.Model;

/// <summary>
/// The rules for keeping an installation's backups. Each rule applies by itself; a backup goes only if no rule keeps it. Days, weeks (ISO 8601, from Monday),
/// months and years are those of UTC. Zero switches a rule off.
/// </summary>
public sealed record RetentionPolicy
{
    /// <summary><c>KeepLast</c>: the newest so many.</summary>
    public int KeepLast { get; init; }

    /// <summary><c>Daily</c>: the newest of each of the last so many days that have one.</summary>
    public int Daily { get; init; }

    /// <summary><c>Weekly</c>: the newest of each of the last so many weeks that have one.</summary>
    public int Weekly { get; init; }

    /// <summary><c>Monthly</c>: the newest of each of the last so many months that have one.</summary>
    public int Monthly { get; init; }

    /// <summary><c>Yearly</c>: the newest of each of the last so many years that have one.</summary>
    public int Yearly { get; init; }
}
