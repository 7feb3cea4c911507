using System.Collections.Immutable;
using System.Data.Common;
using Azure.Core;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging;
using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine.Settings;

/// <summary>Builds an <see cref="Installation"/> from settings.</summary>
/// <param name="credential">Azure credentials, for what is used with an identity; asked for only then. Null where there are none.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Told of what the parts do.</param>
public sealed class InstallationFactory(Func<TokenCredential>? credential, TimeProvider time, ILoggerFactory loggers)
{
    // Entra ID's name for Azure Database for PostgreSQL. Its tokens are good for an hour or so.
    private const string DatabaseScope = "https://ossrdbms-aad.database.windows.net/.default";
    private static readonly TimeSpan TokenRefresh = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan TokenRetry = TimeSpan.FromSeconds(10);

    /// <summary>Builds an installation. Nothing is read or written yet; only a Vault token is renewed from now on. The caller disposes of its data source and Transit client.</summary>
    /// <param name="settings">Checked settings.</param>
    /// <param name="secrets">The secrets they name; null if they hold their secrets.</param>
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
            Transit = vault is null ? null : CreateTransit(vault, secrets),
            Encryption = new EncryptionRules(
                vault?.App, vault?.Columns ?? ImmutableDictionary<string, string>.Empty, vault?.ObjectKey, settings.ObjectStore.Encrypted),
        };
    }

    private TransitClient CreateTransit(VaultSettings vault, InstallationSecrets? secrets)
    {
        var client = new TransitClient(
            new TransitOptions
            {
                Address = vault.Address,
                Namespace = vault.Namespace,
                CaFile = vault.CaFile,
                Token = vault.Token ?? secrets?.VaultToken,
                TokenFile = vault.TokenFile,
                RoleId = vault.RoleId,
                SecretId = vault.SecretId ?? secrets?.VaultSecretId,
                SecretIdFile = vault.SecretIdFile,
                AuthMount = vault.AuthMount,
                Mount = vault.Mount,
            },
            time,
            loggers.CreateLogger<TransitClient>());
        client.KeepTokenAlive();
        return client;
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

        // Locks, snapshots and transactions belong to a connection, which multiplexing would change with every command.
        builder.ConnectionStringBuilder.Multiplexing = false;
        if (secrets?.PostgresPassword is { } password)
        {
            builder.ConnectionStringBuilder.Password = password;
        }

        if (settings.PostgresEntra)
        {
            var identity = Credential(settings, "PostgresEntra");
            // The token is sent as it is, so never over a connection that anybody can read, unless the string says so.
            var written = new DbConnectionStringBuilder { ConnectionString = settings.Postgres };
            if (!written.ContainsKey("SSL Mode") && !written.ContainsKey("SslMode"))
            {
                builder.ConnectionStringBuilder.SslMode = SslMode.Require;
            }

            builder.UsePeriodicPasswordProvider(
                async (_, cancellationToken) =>
                    (await identity.GetTokenAsync(new TokenRequestContext([DatabaseScope]), cancellationToken)).Token,
                TokenRefresh,
                TokenRetry);
        }

        builder.UseLoggerFactory(loggers);
        return builder.Build();
    }

    private static DatabaseOptions CreateDatabaseOptions(InstallationSettings settings) => new()
    {
        Schemas = settings.Schemas,
        Excluded = settings.Exclude,
        BookkeepingTables = settings.BookkeepingTables,
        DeclaredColumns = [.. settings.Vault?.Columns.Keys ?? []],
    };

    private IObjectStore CreateObjectStore(InstallationSettings settings, InstallationSecrets? secrets)
    {
        var store = settings.ObjectStore;
        if (store.Kind == ObjectStoreKind.Directory)
        {
            return new DirectoryObjectStore(store.Path!, store.Exclude);
        }

        try
        {
            var service = store.ServiceUri is { } uri
                ? new BlobServiceClient(uri, Credential(settings, "ObjectStore:ServiceUri"), AzureBlobObjectStore.CreateClientOptions())
                : new BlobServiceClient(store.ConnectionString ?? secrets?.ObjectStoreConnectionString, AzureBlobObjectStore.CreateClientOptions());
            return new AzureBlobObjectStore(service.GetBlobContainerClient(store.Container), store.Exclude);
        }
        catch (FormatException)
        {
            // The SDK's message may quote the string, and the string holds the account key.
            throw new EngineException(
                EngineError.InvalidRequest,
                $"Installation {settings.Name}: ObjectStore:{(store.ConnectionStringSecret is null ? "ConnectionString" : $"ConnectionStringSecret: the secret {store.ConnectionStringSecret}")}: expected a valid connection string of a storage account.");
        }
    }

    private TokenCredential Credential(InstallationSettings settings, string setting) =>
        credential?.Invoke()
        ?? throw new EngineException(
            EngineError.InvalidRequest, $"Installation {settings.Name}: {setting} needs an Azure identity, but this host has none.");
}
