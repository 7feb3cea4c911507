using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Workflows.Telemetry;

/// <summary>How often an <see cref="InstallationMonitor"/> asks.</summary>
public sealed record MonitorOptions
{
    /// <summary>
    /// How old a listing of the store may be. Listing reads every record, one request each, so a thousand backups cost a thousand requests: a quarter of
    /// an hour is a hundred listings a day. Ages are right at every tick all the same, because they only grow with the clock.
    /// </summary>
    public TimeSpan ListInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// How old a listing may be by which a backup is overdue: nobody is to be woken by an old list, and what arrives late is to end the alarm soon.
    /// </summary>
    public TimeSpan OverdueListInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often secrets are looked at.</summary>
    public TimeSpan SecretInterval { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Secrets to look at beside those of the installations: those of notifications, for example.</summary>
    public IReadOnlyCollection<SecretReference> FurtherSecrets { get; init; } = [];

    /// <summary>How long before it expires a secret is worth a warning.</summary>
    public TimeSpan SecretWarning { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often <see cref="InstallationMonitor.RunAsync"/> ticks.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromMinutes(1);
}
