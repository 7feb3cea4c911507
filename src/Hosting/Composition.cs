using Azure.Core;
using Azure.Identity;
using Azure.ResourceManager;
using Azure.ResourceManager.Compute;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;
using TfeBackup.Azure;
using TfeBackup.Azure.Restarts;
using TfeBackup.Azure.Secrets;
using TfeBackup.Engine.Application;
using TfeBackup.Engine.Settings;
using TfeBackup.Hosting.Configuration;
using TfeBackup.Installations;
using TfeBackup.Installations.Commands;
using TfeBackup.Local.Secrets;
using TfeBackup.Local.Stores;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;

namespace TfeBackup.Hosting;

/// <summary>Makes what a configuration names, in Azure and on this machine, for every host in the same way.</summary>
/// <remarks>
/// One credential serves everything, so that its tokens are had once. The default one tries, in the order of
/// <see cref="DefaultAzureCredential"/>, the environment's, a workload identity, a managed identity (a user-assigned one by its client id in
/// <c>AZURE_CLIENT_ID</c>) and developers' logins; <c>AZURE_TOKEN_CREDENTIALS</c> narrows that down.
/// </remarks>
public sealed class Composition
{
    // Run Command takes seconds at least; a longer Retry-After of Resource Manager wins.
    private static readonly TimeSpan PollingInterval = TimeSpan.FromSeconds(3);

    private readonly Lazy<TokenCredential> _credential;
    private readonly TimeProvider _time;

    /// <summary>Creates the composition. No credential is asked for before something needs one.</summary>
    /// <param name="credential">The credential, in place of the default one.</param>
    /// <param name="time">The clock of what is created; the system's if null.</param>
    public Composition(TokenCredential? credential = null, TimeProvider? time = null)
    {
        _credential = new Lazy<TokenCredential>(() => credential ?? new DefaultAzureCredential());
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Creates the source of secrets: a Key Vault, a file or the environment.</summary>
    public ISecretSource CreateSecretSource(SecretsDefinition secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        return secrets.Kind switch
        {
            SecretsKind.KeyVault => new KeyVaultSecretSource(secrets.VaultUri!, _credential.Value, time: _time),
            SecretsKind.File => new FileSecretSource(secrets.Path!),
            _ => new EnvironmentSecretSource(),
        };
    }

    /// <summary>Connects to installations in direct mode, with this composition's credential where an identity is asked for.</summary>
    /// <param name="loggers">Loggers for the parts.</param>
    public InstallationFactory CreateInstallationFactory(ILoggerFactory loggers) => new(() => _credential.Value, _time, loggers);

    /// <summary>Creates the store of backups: a Blob container or a directory.</summary>
    /// <exception cref="OperationException"><see cref="OperationError.InvalidConfiguration"/>: the connection string is none.</exception>
    public IBackupStore CreateStore(StoreDefinition store)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Kind == StoreKind.Directory)
        {
            return new DirectoryBackupStore(store.Path!);
        }

        // Connection strings hold a key: for emulators, and only on explicit request.
        var container = store.ConnectionString is { } connectionString
            ? BlobContainers.FromConnectionString(connectionString, store.Container!)
            : BlobContainers.FromServiceUri(store.ServiceUri!, store.Container!, _credential.Value);
        var options = new BlobBackupStoreOptions { AccessTier = Tier(store.AccessTier), IndexTags = store.IndexTags };
        return new BlobBackupStore(container, _time, options);
    }

    /// <summary>Creates the control of an installation's application; null where an operator does it by hand.</summary>
    /// <param name="installation">The installation.</param>
    /// <param name="clients">The clients of its service.</param>
    /// <param name="secrets">The source of the key or kubeconfig it names.</param>
    public IApplicationControl? CreateControl(InstallationConnection installation, InstallationClients clients, ISecretSource secrets)
    {
        ArgumentNullException.ThrowIfNull(installation);
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentNullException.ThrowIfNull(secrets);
        return installation.Restart switch
        {
            { Kind: RestartKind.Service } => clients.CreateControl(installation),
            { Kind: RestartKind.Aks, Aks: { } aks } restart =>
                new AksControl(aks, new KubernetesAccess(aks, secrets, () => _credential.Value, new ClusterCredentials(() => _credential.Value)), restart.Timeout, _time),
            { Via: RestartVia.RunCommand, Machine: { } machine } restart => CreateRunCommand(new ResourceIdentifier(machine), restart),
            { Via: RestartVia.Ssh, Ssh: { } ssh } restart => new CommandControl(restart, new SshRunner(ssh, secrets, _time)),

            // The environment also holds configuration, which may contain a connection string.
            { Commands: not null } restart => new CommandControl(restart, new ProcessRunner(_time, EnvironmentSecretSource.Prefix)),
            _ => null,
        };
    }

    private IApplicationControl CreateRunCommand(ResourceIdentifier machine, RestartDefinition restart)
    {
        var arm = new ArmClient(_credential.Value, machine.SubscriptionId);
        return machine.ResourceType == VirtualMachineScaleSetResource.ResourceType
            ? new ScaleSetControl(arm, machine, restart, _time, PollingInterval)
            : new CommandControl(restart, new RunCommandRunner(new VirtualMachineTarget(arm, machine), _time, PollingInterval));
    }

    private static AccessTier? Tier(StoreAccessTier? tier) => tier switch
    {
        StoreAccessTier.Hot => AccessTier.Hot,
        StoreAccessTier.Cool => AccessTier.Cool,
        StoreAccessTier.Cold => AccessTier.Cold,
        _ => (AccessTier?)null,
    };
}
