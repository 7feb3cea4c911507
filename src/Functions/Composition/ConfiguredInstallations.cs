using System.Collections.Concurrent;
using TfeBackup.Azure;
using TfeBackup.Local.Processes;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Functions.Composition;

/// <summary>The configured installations.</summary>
internal sealed class ConfiguredInstallations(
    BackupConfiguration configuration, AzureComposition azure, ISecretSource secrets, InstallationClients clients) : IInstallationProvider
{
    private readonly ConcurrentDictionary<string, IInstallation> _clients = new(StringComparer.Ordinal);

    public InstallationDefinition GetDefinition(string name) => configuration.GetInstallation(name);

    public IInstallation GetInstallation(string name) => _clients.GetOrAdd(name, _ => clients.Create(GetDefinition(name)));

    public IApplicationControl? GetControl(string name)
    {
        var definition = GetDefinition(name);
        return azure.CreateControl(definition, secrets)
            ?? (definition.Restart is { Kind: not RestartKind.Manual } restart ? new CommandApplicationControl(restart) : null);
    }
}
