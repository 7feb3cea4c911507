using System.Collections.Concurrent;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Cli.Operations;

/// <summary>The configured installations, behind their APIs or direct, restarted as configured.</summary>
internal sealed class ConfiguredInstallations(
    BackupConfiguration configuration, ISecretSource secrets, InstallationClients clients) : IInstallationProvider
{
    private readonly ConcurrentDictionary<string, IInstallation> _clients = new(StringComparer.Ordinal);

    public InstallationDefinition GetDefinition(string name) => configuration.GetInstallation(name);

    public IInstallation GetInstallation(string name) => _clients.GetOrAdd(name, _ => clients.Create(GetDefinition(name)));

    public IApplicationControl? GetControl(string name) => Composition.CreateControl(GetDefinition(name), secrets);
}
