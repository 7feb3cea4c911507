using TfeBackup.Engine.Application;
using TfeBackup.Engine.Settings;

namespace TfeBackup.Server.Settings;

/// <summary>The configuration section <c>Installation</c>, as it is written. <see cref="SettingsReader"/> checks it.</summary>
public sealed class ServiceSettings
{
    /// <summary>The API's bearer token; or <see cref="TokenFile"/>.</summary>
    public string? Token { get; init; }

    /// <summary>A file that holds the API's bearer token; created with a fresh one when absent.</summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// Where an uploaded backup is kept, encrypted as it is, while its <c>config</c> part is still to come; the system's
    /// temporary directory by default.
    /// </summary>
    public required string SpoolDirectory { get; init; }

    /// <summary>How long a client may send or take nothing before it is given up.</summary>
    public required TimeSpan IdleLimit { get; init; }

    /// <summary>The highest work factor of a backup's password that a restore accepts; 20 takes 1 GiB of memory, each one more twice that.</summary>
    public required int MaxWorkFactor { get; init; }

    /// <summary>How many backups and restores are worked on at once; one more waits.</summary>
    public required int OperationsAtOnce { get; init; }

    /// <summary>What is answered where one waits already: 409 or 503.</summary>
    public required int BusyStatus { get; init; }

    /// <summary>How many wrong tokens from one address are answered in full in a minute.</summary>
    public required int FailedTokensPerMinute { get; init; }

    /// <summary>The installation it stands beside.</summary>
    public required InstallationSettings Installation { get; init; }

    /// <summary><c>Application</c>: how the application is stopped and started; null where that is not for this service to do.</summary>
    public ApplicationSettings? Application { get; init; }

    /// <summary>The settings dashboard.</summary>
    public required DashboardSettings Dashboard { get; init; }
}
