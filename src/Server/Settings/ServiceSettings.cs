using TfeBackup.Engine.Application;
using TfeBackup.Engine.Settings;

namespace TfeBackup.Server.Settings;

/// <summary>The configuration section <c>Installation</c>, as written. <see cref="SettingsReader"/> checks it.</summary>
internal sealed class ServiceSettings
{
    /// <summary>The API's bearer token; or <see cref="TokenFile"/>.</summary>
    public string? Token { get; init; }

    /// <summary>A file that holds the API's bearer token; created with a new one if missing.</summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// The directory that keeps an uploaded backup, still encrypted, until its <c>config</c> part arrives; the system's
    /// temporary directory by default.
    /// </summary>
    public required string SpoolDirectory { get; init; }

    /// <summary>The time after which a client that sends or reads nothing is disconnected.</summary>
    public required TimeSpan IdleLimit { get; init; }

    /// <summary>The work factor of the backups that are made.</summary>
    public required int WorkFactor { get; init; }

    /// <summary>The maximum work factor of a backup's password that a restore accepts; 20 takes 1 GiB of memory, and each step doubles it.</summary>
    public required int MaxWorkFactor { get; init; }

    /// <summary>The number of backups and restores that run at once; one more waits.</summary>
    public required int OperationsAtOnce { get; init; }

    /// <summary>The status of the answer when one is waiting already: 409 or 503.</summary>
    public required int BusyStatus { get; init; }

    /// <summary>The number of wrong tokens accepted from one address in a minute before it is refused.</summary>
    public required int FailedTokensPerMinute { get; init; }

    /// <summary>The installation beside it.</summary>
    public required InstallationSettings Installation { get; init; }

    /// <summary><c>Application</c>: how the application is stopped and started; null where that is not for this service to do.</summary>
    public ApplicationSettings? Application { get; init; }

    /// <summary>The settings dashboard.</summary>
    public required DashboardSettings Dashboard { get; init; }
}
