using Npgsql;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine;

/// <summary>Inspects an installation's data, which decides if a restore needs <c>overwrite</c>.</summary>
public static class InstallationInspection
{
    /// <summary>
    /// Looks for rows in any covered table but the bookkeeping of a new installation, and for objects. Cheap, and out of
    /// everybody's way: it waits a second for a lock at most.
    /// </summary>
    /// <exception cref="EngineException">The object store does not answer, or a schema of the settings cannot be used.</exception>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public static async Task<InstallationContents> InspectAsync(Installation installation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(installation);
        await using var connection = await installation.DataSource.OpenSessionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await connection.ExecuteAsync("SET TRANSACTION READ ONLY", cancellationToken);
            await SessionSettings.PinAsync(connection, TimeSpan.FromSeconds(1), cancellationToken);
            var relations = await CoveredRelations.ReadAsync(connection, installation.Database, [], cancellationToken);
            if (await TableContents.HoldingDataAsync(connection, relations, cancellationToken) is { Count: > 0 })
            {
                return InstallationContents.Data;
            }
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.InsufficientPrivilege)
        {
            // A policy that hides rows from this role counts as well: what cannot be seen may be there.
            return InstallationContents.Unknown;
        }

        return await installation.Objects.AnyAsync(cancellationToken) ? InstallationContents.Objects : InstallationContents.Empty;
    }
}
