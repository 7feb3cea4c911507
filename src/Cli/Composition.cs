using TfeBackup.Azure;
using TfeBackup.Local.Secrets;
using TfeBackup.Local.Stores;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Cli;

/// <summary>Chooses the implementations that the configuration names: Azure's, or those of this machine.</summary>
internal static class Composition
{
    private static readonly AzureComposition Azure = new();

    /// <summary>Where secrets come from.</summary>
    public static ISecretSource CreateSecretSource(BackupConfiguration configuration) =>
        Azure.CreateSecretSource(configuration) ?? configuration.Secrets.Kind switch
        {
            SecretsKind.File => new FileSecretSource(configuration.Secrets.Path!),
            _ => new EnvironmentSecretSource(),
        };

    /// <summary>Where backups are kept.</summary>
    public static IBackupStore CreateStore(BackupConfiguration configuration) =>
        Azure.CreateStore(configuration) ?? new DirectoryBackupStore(configuration.Store.Path!);
}
