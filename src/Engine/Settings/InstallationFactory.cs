using System.Collections.Immutable;
using Azure.Core;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging;
using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine.Settings;

/// <summary>Builds an <see cref="Installation"/> from settings.</summary>
/// <param name="http">Speaks to Vault.</param>
/// <param name="credential">Azure credentials, for what is used with an identity; asked for only then. Null where there are none.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Told of what the parts do.</param>
public sealed class InstallationFactory(HttpClient http, Func<TokenCredential>? credential, TimeProvider time, ILoggerFactory loggers)
{
    // Entra ID's name for Azure Database for PostgreSQL. Its tokens are good for an hour or so.
    private const string DatabaseScope = "https://ossrdbms-aad.database.windows.net/.default";
    private static readonly TimeSpan TokenRefresh = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan TokenRetry = TimeSpan.FromSeconds(10);

    /// <summary>Builds an installation. Nothing is connected to yet. Its data source and Transit client are the caller's to dispose of.</summary>
    /// <param name="settings">Checked settings.</param>
    /// <param name="secrets">What they name; null where they hold their secrets.</param>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>: a secret is not what it should be, or credentials are missing.</exception>
    public Installation Create(InstallationSettings settings, InstallationSecrets? secrets = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var vault = settings.Vault;
        return new Installation
        {
            Name = settings.Name,
            ProductVersion = settings.ProductVersion,
            DataSource = CreateDataSource(settings, secrets),
            Database = CreateDatabaseOptions(settings),
            Objects = CreateObjectStore(settings, secrets),
            Transit = vault is null
                ? null
                : new TransitClient(
                    http,
                    new TransitOptions
                    {
                        Address = vault.Address,
                        Token = vault.Token ?? secrets?.VaultToken,
                        TokenFile = vault.TokenFile,
                        Mount = vault.Mount,
                    },
                    time,
                    loggers.CreateLogger<TransitClient>()),
            Encryption = new EncryptionRules(
                vault?.App, vault?.Columns ?? ImmutableDictionary<string, string>.Empty, vault?.ObjectKey, settings.ObjectStore.Encrypted),
        };
    }

    private NpgsqlDataSource CreateDataSource(InstallationSettings settings, InstallationSecrets? secrets)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.Postgres);
        // A connection that is idle while gigabytes of objects pass must not be dropped by a firewall unnoticed.
        if (builder.ConnectionStringBuilder.KeepAlive == 0)
        {
            builder.ConnectionStringBuilder.KeepAlive = 30;
        }

        builder.ConnectionStringBuilder.ApplicationName ??= "tfe-backup";
        if (secrets?.PostgresPassword is { } password)
        {
            builder.ConnectionStringBuilder.Password = password;
        }

        if (settings.PostgresEntra)
        {
            var identity = Credential(settings, "PostgresEntra");
            builder.UsePeriodicPasswordProvider(
                async (_, cancellationToken) =>
                    (await identity.GetTokenAsync(new TokenRequestContext([DatabaseScope]), cancellationToken)).Token,
                TokenRefresh,
                TokenRetry);
        }

        builder.UseLoggerFactory(loggers);
        return builder.Build();
    }

    private static DatabaseOptions CreateDatabaseOptions(InstallationSettings settings)
    {
        var options = new DatabaseOptions { Schemas = settings.Schemas, Excluded = settings.Exclude };
        return options with { BookkeepingTables = [.. options.BookkeepingTables, .. settings.BookkeepingTables] };
    }

    private IObjectStore CreateObjectStore(InstallationSettings settings, InstallationSecrets? secrets)
    {
        var store = settings.ObjectStore;
        if (store.Kind == ObjectStoreKind.Directory)
        {
            return new DirectoryObjectStore(store.Path!);
        }

        try
        {
            var service = store.ServiceUri is { } uri
                ? new BlobServiceClient(uri, Credential(settings, "ObjectStore:ServiceUri"), AzureBlobObjectStore.CreateClientOptions())
                : new BlobServiceClient(store.ConnectionString ?? secrets?.ObjectStoreConnectionString, AzureBlobObjectStore.CreateClientOptions());
            return new AzureBlobObjectStore(service.GetBlobContainerClient(store.Container));
        }
        catch (FormatException)
        {
            // The SDK's message may quote the string, and the string holds the account key.
            throw new EngineException(
                EngineError.InvalidRequest,
                $"Installation {settings.Name}: ObjectStore:{(store.ConnectionStringSecret is null ? "ConnectionString" : $"ConnectionStringSecret: the secret {store.ConnectionStringSecret}")}: expected a storage account's connection string; this one cannot be read.");
        }
    }

    private TokenCredential Credential(InstallationSettings settings, string setting) =>
        credential?.Invoke()
        ?? throw new EngineException(
            EngineError.InvalidRequest, $"Installation {settings.Name}: {setting} needs an Azure identity, and this host has none.");
}
