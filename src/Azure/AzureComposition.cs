using Azure.Core;
using Azure.Identity;
using Azure.ResourceManager;
using Azure.ResourceManager.Compute;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;
using TfeBackup.Azure.Restarts;
using TfeBackup.Azure.Secrets;
using TfeBackup.Engine.Settings;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Installations.Commands;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Storage;

namespace TfeBackup.Azure;

/// <summary>
/// Makes what a configuration names in Azure, for every host in the same way. A method returns null where the configuration names
/// something that is not Azure's, which the host then has to offer.
/// </summary>
/// <remarks>
/// One credential serves everything, so that its tokens are had once. The default one tries, in the order of
/// <see cref="DefaultAzureCredential"/>, the environment's, a workload identity, a managed identity (a user-assigned one by its client id in
/// <c>AZURE_CLIENT_ID</c>) and developers' logins; <c>AZURE_TOKEN_CREDENTIALS</c> narrows that down.
/// </remarks>
public sealed class AzureComposition
{
    // Run Command takes some seconds at the least; Resource Manager's own Retry-After counts where it says more.
    private static readonly TimeSpan PollingInterval = TimeSpan.FromSeconds(3);

    private readonly Lazy<TokenCredential> _credential;
    private readonly TimeProvider _time;

    /// <summary>Creates the composition. No credential is asked for before something needs one.</summary>
    /// <param name="credential">Another credential than the default one.</param>
    /// <param name="time">The clock of what is made; the system's where null.</param>
    public AzureComposition(TokenCredential? credential = null, TimeProvider? time = null)
    {
        _credential = new Lazy<TokenCredential>(() => credential ?? new DefaultAzureCredential());
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Where secrets come from: a Key Vault; null where it is another kind of source.</summary>
    public ISecretSource? CreateSecretSource(BackupConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.Secrets is { Kind: SecretsKind.KeyVault, VaultUri: { } vault }
            ? new KeyVaultSecretSource(vault, _credential.Value, time: _time)
            : null;
    }

    /// <summary>Connects to installations in direct mode, with this composition's credential where an identity is asked for.</summary>
    /// <param name="http">Speaks to Vault.</param>
    /// <param name="loggers">Told of what the parts do.</param>
    public InstallationFactory CreateInstallationFactory(HttpClient http, ILoggerFactory loggers) => new(http, () => _credential.Value, _time, loggers);

    /// <summary>Where backups are kept: a Blob container; null where it is another kind of store.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>: the connection string is none.</exception>
    public IBackupStore? CreateStore(BackupConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var store = configuration.Store;
        if (store.Kind != StoreKind.AzureBlob)
        {
            return null;
        }

        // A connection string holds a key: it is for emulators, and for who asks for it by name.
        var container = store.ConnectionString is { } connectionString
            ? BlobContainers.FromConnectionString(connectionString, store.Container!)
            : BlobContainers.FromServiceUri(store.ServiceUri!, store.Container!, _credential.Value);
        var options = new BlobBackupStoreOptions { AccessTier = Tier(store.AccessTier), IndexTags = store.IndexTags };
        return new BlobBackupStore(container, _time, options);
    }

    /// <summary>
    /// What restarts an installation's application by Run Command, by the Kubernetes API or by SSH; null where an operator does it by hand, or
    /// commands of this machine do.
    /// </summary>
    /// <param name="installation">The installation.</param>
    /// <param name="secrets">Has the key or the kubeconfig that it names.</param>
    public IApplicationControl? CreateControl(InstallationDefinition installation, ISecretSource secrets)
    {
        ArgumentNullException.ThrowIfNull(installation);
        ArgumentNullException.ThrowIfNull(secrets);
        return installation.Restart switch
        {
            { Kind: RestartKind.Aks, Aks: { } aks } restart =>
                new AksControl(aks, new KubernetesAccess(aks, secrets, () => _credential.Value, new ClusterCredentials(() => _credential.Value)), restart.Timeout, _time),
            { Via: RestartVia.RunCommand, Machine: { } machine } restart => CreateRunCommand(new ResourceIdentifier(machine), restart),
            { Via: RestartVia.Ssh, Ssh: { } ssh } restart => new CommandControl(restart, new SshRunner(ssh, secrets, _time)),
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
