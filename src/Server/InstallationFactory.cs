using System.Collections.Immutable;
using Azure.Identity;
using Azure.Storage.Blobs;
using Npgsql;
using TfeBackup.Engine;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Vault;
using TfeBackup.Server.Settings;

namespace TfeBackup.Server;

/// <summary>Builds the engine's <see cref="Installation"/> from settings.</summary>
internal static class InstallationFactory
{
    public static Installation Create(InstallationSettings settings, HttpClient http, TimeProvider time, ILoggerFactory loggers)
    {
        var vault = settings.Vault;
        return new Installation
        {
            Name = settings.Name,
            ProductVersion = settings.ProductVersion,
            DataSource = CreateDataSource(settings, loggers),
            Database = CreateDatabaseOptions(settings),
            Objects = CreateObjectStore(settings.ObjectStore),
            Transit = vault is null
                ? null
                : new TransitClient(
                    http,
                    new TransitOptions { Address = vault.Address, Token = vault.Token, TokenFile = vault.TokenFile, Mount = vault.Mount },
                    time,
                    loggers.CreateLogger<TransitClient>()),
            Encryption = new EncryptionRules(
                vault?.App, vault?.Columns ?? ImmutableDictionary<string, string>.Empty, vault?.ObjectKey, settings.ObjectStore.Encrypted),
        };
    }

    private static NpgsqlDataSource CreateDataSource(InstallationSettings settings, ILoggerFactory loggers)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.Postgres);
        // A connection that is idle while gigabytes of objects pass must not be dropped by a firewall unnoticed.
        if (builder.ConnectionStringBuilder.KeepAlive == 0)
        {
            builder.ConnectionStringBuilder.KeepAlive = 30;
        }

        builder.ConnectionStringBuilder.ApplicationName ??= "tfe-backup";
        builder.UseLoggerFactory(loggers);
        return builder.Build();
    }

    private static DatabaseOptions CreateDatabaseOptions(InstallationSettings settings)
    {
        var options = new DatabaseOptions { Schemas = settings.Schemas, Excluded = settings.Exclude };
        return options with { BookkeepingTables = [.. options.BookkeepingTables, .. settings.BookkeepingTables] };
    }

    private static IObjectStore CreateObjectStore(ObjectStoreSettings settings)
    {
        if (settings.Kind == ObjectStoreKind.Directory)
        {
            return new DirectoryObjectStore(settings.Path!);
        }

        try
        {
            var service = settings.ServiceUri is { } uri
                ? new BlobServiceClient(uri, new DefaultAzureCredential(), AzureBlobObjectStore.CreateClientOptions())
                : new BlobServiceClient(settings.ConnectionString, AzureBlobObjectStore.CreateClientOptions());
            return new AzureBlobObjectStore(service.GetBlobContainerClient(settings.Container));
        }
        catch (FormatException)
        {
            // The SDK's message may quote the string, and the string holds the account key.
            throw new SettingsException(["Installation:ObjectStore:ConnectionString: expected a storage account's connection string; this one cannot be read."]);
        }
    }
}
