using Microsoft.Extensions.Logging;
using TfeBackup.Engine.Settings;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Installations;

/// <summary>Makes the client of an installation, whichever way its data is got at.</summary>
/// <param name="secrets">The source of tokens and passwords.</param>
/// <param name="factory">Connects to the parts of direct installations.</param>
/// <param name="options">The timeouts of API calls.</param>
/// <param name="loggers">Loggers.</param>
/// <param name="time">The clock.</param>
public sealed class InstallationClients(
    ISecretSource secrets, InstallationFactory factory, ApiInstallationOptions? options, ILoggerFactory loggers, TimeProvider time)
{
    /// <summary>The client of one installation.</summary>
    public IInstallation Create(InstallationConnection definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition.Mode == InstallationMode.Direct
            ? new DirectInstallation(definition, secrets, factory, loggers, time)
            : new ApiInstallation(definition, secrets, loggers.CreateLogger<ApiInstallation>(), options, time);
    }

    /// <summary>Creates the control of an installation's application through its service.</summary>
    public IApplicationControl CreateControl(InstallationConnection definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return new ServiceControl(definition, secrets, options, time);
    }
}
