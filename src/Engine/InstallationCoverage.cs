using Npgsql;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine;

/// <summary>What of an installation's database a backup carries now, and how it is encrypted.</summary>
public sealed record InstallationCoverage
{
    /// <summary>PostgreSQL's version.</summary>
    public required string PostgresVersion { get; init; }

    /// <summary>The schemas that are covered.</summary>
    public required IReadOnlyList<string> Schemas { get; init; }

    /// <summary>How many tables are carried; of a partitioned one, its partitions.</summary>
    public required int Tables { get; init; }

    /// <summary>Relations that are left out: by settings, or because their rows belong to an extension or a Vault.</summary>
    public required IReadOnlyList<string> Excluded { get; init; }

    /// <summary>The columns that Vault encrypts, and the Transit key of each.</summary>
    public required IReadOnlyList<(string Column, string Key)> Encrypted { get; init; }

    /// <summary>Why a backup would be refused for what the database holds; null where it would not.</summary>
    public string? Problem { get; init; }

    /// <summary>Looks at the catalogue alone, and waits for no lock longer than a second.</summary>
    /// <exception cref="EngineException">A setting does not fit the database, or this software does not work with it.</exception>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public static async Task<InstallationCoverage> ReadAsync(Installation installation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(installation);
        var options = installation.Database;
        await using var connection = await installation.DataSource.OpenSessionAsync(cancellationToken);
        var server = await ServerInfo.ReadAsync(connection, cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync("SET TRANSACTION READ ONLY", cancellationToken);
        await SessionSettings.PinAsync(connection, TimeSpan.FromSeconds(1), cancellationToken);
        var relations = await CoveredRelations.ReadAsync(connection, options, [], cancellationToken);
        var schema = await SchemaReader.ReadAsync(connection, server, relations, installation.Encryption.ColumnKey, cancellationToken);
        return new InstallationCoverage
        {
            PostgresVersion = server.Version,
            Schemas = schema.Schemas,
            Tables = schema.Tables.Count,
            Excluded = schema.Excluded,
            Encrypted =
            [
                .. from table in schema.Tables
                   from column in table.Columns
                   where column.TransitKey is not null
                   select ($"{table}.{column.Name}", column.TransitKey),
            ],
            Problem = await FindProblemAsync(),
        };

        async Task<string?> FindProblemAsync()
        {
            try
            {
                await relations.RequireCompleteAsync(connection, options.Excluded.Contains(DatabaseOptions.LargeObjects, StringComparer.Ordinal), cancellationToken);
                relations.RequireReadable();
                return null;
            }
            catch (EngineException e)
            {
                return e.Message;
            }
        }
    }
}
