namespace TfeBackup.Engine.Settings;

/// <summary>
/// An installation's settings as they are written: where its data is and how it is encrypted. <see cref="InstallationSettingsReader"/> checks them. Not a
/// record: it may hold secrets, and records print themselves.
/// </summary>
public sealed class InstallationSettings
{
    /// <summary>The installation's name in backups and logs.</summary>
    public required string Name { get; init; }

    /// <summary>An Npgsql connection string, for a role that owns the tables.</summary>
    public required string Postgres { get; init; }

    /// <summary>The name of the secret that holds the role's password, if secrets are named.</summary>
    public string? PostgresPasswordSecret { get; init; }

    /// <summary>True if an Entra ID token is the role's password.</summary>
    public bool PostgresEntra { get; init; }

    /// <summary>The schemas a backup covers; none: every schema that is not the server's own.</summary>
    public required IReadOnlyList<string> Schemas { get; init; }

    /// <summary>Relations left out of backups, as <c>schema.relation</c>, or schemas, as <c>schema.*</c>.</summary>
    public required IReadOnlyList<string> Exclude { get; init; }

    /// <summary>Tables whose rows do not count as data of an installation, besides the usual migration tables.</summary>
    public required IReadOnlyList<string> BookkeepingTables { get; init; }

    /// <summary>The protected application's version.</summary>
    public required string ProductVersion { get; init; }

    /// <summary>The object store.</summary>
    public required ObjectStoreSettings ObjectStore { get; init; }

    /// <summary>The installation's Vault; null where nothing is encrypted by Vault.</summary>
    public VaultSettings? Vault { get; init; }
}
