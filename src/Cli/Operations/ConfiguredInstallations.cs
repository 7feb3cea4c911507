using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TfeBackup.Local.Processes;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Secrets;

namespace TfeBackup.Cli.Operations;

/// <summary>The configured installations, behind their APIs, restarted by commands of this machine or by hand.</summary>
internal sealed class ConfiguredInstallations(
    BackupConfiguration configuration, ISecretSource secrets, ApiInstallationOptions options, ILoggerFactory loggers, TimeProvider time)
    : IInstallationProvider
{
    private readonly ConcurrentDictionary<string, IInstallation> _clients = new(StringComparer.Ordinal);

    public InstallationDefinition GetDefinition(string name) => configuration.GetInstallation(name);

    public IInstallation GetInstallation(string name) => _clients.GetOrAdd(
        name, _ => new ApiInstallation(GetDefinition(name), secrets, loggers.CreateLogger<ApiInstallation>(), options, time));

    public IApplicationControl? GetControl(string name) => GetDefinition(name).Restart is { Kind: not RestartKind.Manual } restart
        ? new CommandApplicationControl(restart)
        : null;
}
