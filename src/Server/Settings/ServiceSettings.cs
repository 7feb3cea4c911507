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

    /// <summary>The installation it stands beside.</summary>
    public required InstallationSettings Installation { get; init; }

    /// <summary><c>Application</c>: how the application is stopped and started; null where that is not for this service to do.</summary>
    public ApplicationSettings? Application { get; init; }
}
