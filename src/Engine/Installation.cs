using Npgsql;
using TfeBackup.Engine.Database;
using TfeBackup.Engine.Objects;
using TfeBackup.Engine.Vault;

namespace TfeBackup.Engine;

/// <summary>One installation as backup and restore see it: where its data is and how it is encrypted at rest.</summary>
public sealed record Installation
{
    /// <summary>Its name, as backups and logs show it.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the application whose data this is, recorded in every backup.</summary>
    public required string ProductVersion { get; init; }

    /// <summary>Connections to its PostgreSQL database, by a role that owns the tables.</summary>
    public required NpgsqlDataSource DataSource { get; init; }

    /// <summary>The part of the database that is covered, and how it is read and loaded.</summary>
    public required DatabaseOptions Database { get; init; }

    /// <summary>Its blob storage.</summary>
    public required IObjectStore Objects { get; init; }

    /// <summary>Its Vault; null where nothing is encrypted by Vault.</summary>
    public TransitClient? Transit { get; init; }

    /// <summary>The columns and objects that are encrypted at rest, and their keys.</summary>
    public required EncryptionRules Encryption { get; init; }
}
