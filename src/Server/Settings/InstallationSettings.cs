namespace TfeBackup.Server.Settings;

/// <summary>The configuration section <c>Installation</c>, as it is written. <see cref="SettingsReader"/> checks it.</summary>
public sealed class InstallationSettings
{
    /// <summary>The installation's name in backups and logs.</summary>
    public required string Name { get; init; }

    /// <summary>The API's bearer token; or <see cref="TokenFile"/>.</summary>
    public string? Token { get; init; }

    /// <summary>A file that holds the API's bearer token; created with a fresh one when absent.</summary>
    public string? TokenFile { get; init; }

    /// <summary>An Npgsql connection string, by a role that owns the tables.</summary>
    public required string Postgres { get; init; }

    /// <summary>The schemas a backup covers; <c>public</c> by default.</summary>
    public required IReadOnlyList<string> Schemas { get; init; }

    /// <summary>Relations left out of backups, as <c>schema.relation</c>.</summary>
    public required IReadOnlyList<string> Exclude { get; init; }

    /// <summary>Tables in which rows do not make an installation one that holds data, beside the usual migration tables.</summary>
    public required IReadOnlyList<string> BookkeepingTables { get; init; }

    /// <summary>The protected application's version.</summary>
    public required string ProductVersion { get; init; }

    /// <summary>
    /// Where an uploaded backup is kept, encrypted as it is, while its <c>config</c> part is still to come; the system's
    /// temporary directory by default.
    /// </summary>
    public required string SpoolDirectory { get; init; }

    /// <summary>Where the objects are.</summary>
    public required ObjectStoreSettings ObjectStore { get; init; }

    /// <summary>The installation's Vault; null where nothing is encrypted by Vault.</summary>
    public VaultSettings? Vault { get; init; }
}
