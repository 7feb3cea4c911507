using TfeBackup.Engine.Application;
using TfeBackup.Local.Secrets;
using TfeBackup.Local.Stores;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Installations.Commands;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Local;

/// <summary>Makes what a configuration names on this machine, for every host in the same way: what is left where it names nothing of a cloud's.</summary>
public static class LocalComposition
{
    /// <summary>Where secrets come from: a file or the environment.</summary>
    public static ISecretSource CreateSecretSource(BackupConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.Secrets.Kind switch
        {
            SecretsKind.File => new FileSecretSource(configuration.Secrets.Path!),
            _ => new EnvironmentSecretSource(),
        };
    }

    /// <summary>Where backups are kept: a directory.</summary>
    public static IBackupStore CreateStore(BackupConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return new DirectoryBackupStore(configuration.Store.Path!);
    }

    /// <summary>What restarts an installation's application by commands of this machine; null where an operator does it by hand.</summary>
    public static IApplicationControl? CreateControl(InstallationDefinition installation)
    {
        ArgumentNullException.ThrowIfNull(installation);
        return installation.Restart is { Commands: not null } restart ? new CommandControl(restart, CreateRunner()) : null;
    }

    // Beside secrets, configuration, which can hold a connection string.
    private static ProcessRunner CreateRunner() => new(TimeProvider.System, EnvironmentSecretSource.Prefix);
}
