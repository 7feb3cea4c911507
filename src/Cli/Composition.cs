using TfeBackup.Azure;
using TfeBackup.Local.Secrets;
using TfeBackup.Local.Stores;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Cli;

/// <summary>Chooses the implementations that the configuration names.</summary>
internal static class Composition
{
    /// <summary>Where secrets come from.</summary>
    public static ISecretSource CreateSecretSource(BackupConfiguration configuration) => configuration.Secrets.Kind switch
    {
        SecretsKind.File => new FileSecretSource(configuration.Secrets.Path!),
        _ => new EnvironmentSecretSource(),
    };

    /// <summary>Where backups are kept.</summary>
    public static IBackupStore CreateStore(BackupConfiguration configuration)
    {
        var store = configuration.Store;
        return store switch
        {
            { Kind: StoreKind.Directory } => new DirectoryBackupStore(store.Path!),
            { ConnectionString: { } connectionString } =>
                new BlobBackupStore(BlobContainers.FromConnectionString(connectionString, store.Container!)),
            _ => new BlobBackupStore(BlobContainers.FromServiceUri(store.ServiceUri!, store.Container!)),
        };
    }
}
