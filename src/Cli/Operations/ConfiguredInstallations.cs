using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Cli.Operations;

/// <summary>The configured installations, behind their APIs, restarted as configured.</summary>
internal sealed class ConfiguredInstallations(
    BackupConfiguration configuration, ISecretSource secrets, ApiInstallationOptions options, ILoggerFactory loggers, TimeProvider time)
    : IInstallationProvider
{
    private readonly ConcurrentDictionary<string, IInstallation> _clients = new(StringComparer.Ordinal);

    public InstallationDefinition GetDefinition(string name) => configuration.GetInstallation(name);

    public IInstallation GetInstallation(string name) => _clients.GetOrAdd(
        name, _ => new ApiInstallation(GetDefinition(name), secrets, loggers.CreateLogger<ApiInstallation>(), options, time));

    public IApplicationControl? GetControl(string name) => Composition.CreateControl(GetDefinition(name), secrets);
}
