using Microsoft.Extensions.Logging;
using TfeBackup.Azure;
using TfeBackup.Engine.Settings;
using TfeBackup.Local;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Cli;

/// <summary>Chooses the implementations that the configuration names: Azure's, or those of this machine.</summary>
internal static class Composition
{
    private static readonly AzureComposition Azure = new();

    /// <summary>Where secrets come from.</summary>
    public static ISecretSource CreateSecretSource(BackupConfiguration configuration) =>
        Azure.CreateSecretSource(configuration) ?? LocalComposition.CreateSecretSource(configuration);

    /// <summary>Connects to installations in direct mode.</summary>
    public static InstallationFactory CreateInstallationFactory(HttpClient http, ILoggerFactory loggers) => Azure.CreateInstallationFactory(http, loggers);

    /// <summary>Where backups are kept.</summary>
    public static IBackupStore CreateStore(BackupConfiguration configuration) =>
        Azure.CreateStore(configuration) ?? LocalComposition.CreateStore(configuration);

    /// <summary>What restarts an installation's application; null where an operator does it by hand.</summary>
    public static IApplicationControl? CreateControl(InstallationDefinition installation, ISecretSource secrets) =>
        Azure.CreateControl(installation, secrets) ?? LocalComposition.CreateControl(installation);
}
