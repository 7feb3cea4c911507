using System.Collections.Concurrent;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Installations;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Hosting;

/// <summary>The configured installations, behind their APIs or direct, restarted as configured.</summary>
/// <param name="configuration">The configuration.</param>
/// <param name="clients">Creates their clients.</param>
/// <param name="createControl">Creates the application's control; null for restarts by hand.</param>
internal sealed class ConfiguredInstallations(
    BackupConfiguration configuration, InstallationClients clients, Func<InstallationConnection, IApplicationControl?> createControl)
    : IInstallationProvider
{
    private readonly ConcurrentDictionary<string, IInstallation> _clients = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public InstallationDefinition GetDefinition(string name) => configuration.GetInstallation(name).Definition;

    /// <inheritdoc/>
    public IInstallation GetInstallation(string name) => _clients.GetOrAdd(name, _ => clients.Create(configuration.GetInstallation(name).Connection));

    /// <inheritdoc/>
    public IApplicationControl? GetControl(string name) => createControl(configuration.GetInstallation(name).Connection);
}
