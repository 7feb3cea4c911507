using System.Collections.Concurrent;
using TfeBackup.Workflows.Configuration;

namespace TfeBackup.Workflows.Installations;

/// <summary>The configured installations, behind their APIs or direct, restarted as configured.</summary>
/// <param name="configuration">Names them.</param>
/// <param name="clients">Makes their clients, one for each.</param>
/// <param name="createControl">Makes what restarts an application other than through its service; null where an operator does it by hand.</param>
public sealed class ConfiguredInstallations(
    BackupConfiguration configuration, InstallationClients clients, Func<InstallationDefinition, IApplicationControl?> createControl)
    : IInstallationProvider
{
    private readonly ConcurrentDictionary<string, IInstallation> _clients = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public InstallationDefinition GetDefinition(string name) => configuration.GetInstallation(name);

    /// <inheritdoc/>
    public IInstallation GetInstallation(string name) => _clients.GetOrAdd(name, _ => clients.Create(GetDefinition(name)));

    /// <inheritdoc/>
    public IApplicationControl? GetControl(string name)
    {
        var definition = GetDefinition(name);
        return definition.Restart.Kind == RestartKind.Service ? clients.CreateControl(definition) : createControl(definition);
    }
}
