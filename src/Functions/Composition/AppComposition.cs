using Azure.Identity;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using TfeBackup.Azure;
using TfeBackup.Azure.Operations;
using TfeBackup.Local;
using TfeBackup.Workflows;
using TfeBackup.Workflows.Configuration;
using TfeBackup.Workflows.Installations;
using TfeBackup.Workflows.Secrets;
using TfeBackup.Workflows.Telemetry;

namespace TfeBackup.Functions.Composition;

/// <summary>Chooses the implementations that the settings name.</summary>
internal static class AppComposition
{
    private const string HostStorage = "AzureWebJobsStorage";
    private const string ClaimsContainer = "tfe-backup-claims";

    // One for the app's life, as connections want it; addresses that change are looked up again.
    private static readonly HttpClient Vaults = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(15) });

    /// <summary>Makes the parts of an app.</summary>
    /// <exception cref="WorkflowException"><see cref="WorkflowError.InvalidConfiguration"/>: one line for each fault.</exception>
    public static AppParts Compose(
        IConfiguration settings, DurableClients clients, WorkflowTelemetry telemetry, TimeProvider time, ILoggerFactory loggers)
    {
        var configuration = BackupConfiguration.Read(settings, "app settings", AppContext.BaseDirectory);
        var azure = new AzureComposition(time: time);
        var secrets = azure.CreateSecretSource(configuration) ?? LocalComposition.CreateSecretSource(configuration);
        return new AppParts
        {
            Configuration = configuration,
            Installations = CreateInstallations(configuration, azure, secrets, time, loggers),
            Store = azure.CreateStore(configuration) ?? LocalComposition.CreateStore(configuration),
            Secrets = secrets,
            Claims = new BlobOperationClaims(OpenClaims(settings), clients.IsRunningAsync, time),
            Telemetry = telemetry,
            Time = time,
            Loggers = loggers,
        };
    }

    /// <summary>The configured installations, whose secrets come from <paramref name="secrets"/>.</summary>
    public static ConfiguredInstallations CreateInstallations(
        BackupConfiguration configuration, AzureComposition azure, ISecretSource secrets, TimeProvider time, ILoggerFactory loggers)
    {
        var clients = new InstallationClients(secrets, azure.CreateInstallationFactory(Vaults, loggers), options: null, loggers, time);
        return new ConfiguredInstallations(
            configuration, clients, installation => azure.CreateControl(installation, secrets) ?? LocalComposition.CreateControl(installation));
    }

    /// <summary>
    /// Claims lie in the host's own storage, beside its task hub: the backups' container may be immutable, and claims are written over.
    /// </summary>
    private static BlobContainerClient OpenClaims(IConfiguration settings)
    {
        var section = settings.GetSection(HostStorage);
        if (!string.IsNullOrEmpty(section.Value))
        {
            return BlobContainers.FromConnectionString(section.Value, ClaimsContainer);
        }

        var uri = section["blobServiceUri"] ?? (section["accountName"] is { Length: > 0 } account ? $"https://{account}.blob.core.windows.net" : null);
        return Uri.TryCreate(uri, UriKind.Absolute, out var serviceUri)
            ? BlobContainers.FromServiceUri(serviceUri, ClaimsContainer, new DefaultAzureCredential(
                new DefaultAzureCredentialOptions { ManagedIdentityClientId = section["clientId"] ?? Environment.GetEnvironmentVariable("AZURE_CLIENT_ID") }))
            : throw new WorkflowException(
                WorkflowError.InvalidConfiguration,
                $"app settings: {HostStorage}: expected a connection string, or {HostStorage}__accountName or {HostStorage}__blobServiceUri of the host's storage account.");
    }
}
