using TfeBackup.Operations.Model;

namespace TfeBackup.Operations;

/// <summary>The intervals of an <see cref="InstallationMonitor"/>.</summary>
public sealed record MonitorOptions
{
    /// <summary>
    /// The maximum age of a listing of the store. Listing reads every record, one request each, so a thousand backups cost a thousand requests: a quarter of
    /// an hour is a hundred listings a day. Ages are right at every tick all the same, because they only grow with the clock.
    /// </summary>
    public TimeSpan ListInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The maximum age of a listing that shows a backup as overdue: nobody is to be woken by an old list, and what arrives late is to end the alarm soon.
    /// </summary>
    public TimeSpan OverdueListInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The interval of checks of secrets.</summary>
    public TimeSpan SecretInterval { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Secrets to look at beside those of the installations: those of notifications, for example.</summary>
    public IReadOnlyCollection<SecretReference> FurtherSecrets { get; init; } = [];

    /// <summary>The time before a secret expires from which on a warning is logged.</summary>
    public TimeSpan SecretWarning { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The interval of ticks of <see cref="InstallationMonitor.RunAsync"/>.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromMinutes(1);
}
