namespace TfeBackup.Engine.Settings;

/// <summary>The values of the secrets that <see cref="InstallationSettings"/> name, fetched for one use. Not a record: records print themselves.</summary>
public sealed class InstallationSecrets
{
    /// <summary>The database role's password.</summary>
    public string? PostgresPassword { get; init; }

    /// <summary>The storage account's connection string.</summary>
    public string? ObjectStoreConnectionString { get; init; }

    /// <summary>The Vault token.</summary>
    public string? VaultToken { get; init; }

    /// <summary>The secret id to log in to Vault with.</summary>
    public string? VaultSecretId { get; init; }
}
