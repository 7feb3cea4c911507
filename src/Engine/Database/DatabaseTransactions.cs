using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Asks a server for a transaction's outcome.</summary>
internal static class DatabaseTransactions
{
    /// <summary>
    /// Makes sure that the server, should it crash now, never gives the identifiers that it has given so far to others. It gives those again of
    /// which nothing was on disk, and what another transaction did would be taken for what this one did.
    /// </summary>
    /// <param name="source">The same database server.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException"><see cref="EngineError.Unavailable"/> when the server does not answer.</exception>
    public static async Task SecureIdentifiersAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        try
        {
            // A commit that waits for the disk brings everything to it that was logged before. Each is a transaction of its own.
            await using var connection = await source.OpenSessionAsync(cancellationToken);
            try
            {
                await connection.ExecuteAsync(
                    "SELECT pg_catalog.set_config('synchronous_commit', 'on', true), pg_catalog.pg_logical_emit_message(true, 'tfe-backup', ''::text)",
                    cancellationToken);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                await connection.ExecuteAsync(
                    """
                    DO $$ BEGIN
                      PERFORM pg_catalog.set_config('synchronous_commit', 'on', true);
                      CREATE TEMPORARY TABLE tfe_backup_secures_identifiers () ON COMMIT DROP;
                    END $$
                    """,
                    cancellationToken);
            }
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Translate(e, "writing a transaction's identifier to disk");
        }
    }

    /// <summary>
    /// The outcome of the transaction that <see cref="DatabaseLoad.GetTransactionIdAsync"/> named. The server remembers it
    /// for as long as it keeps the commit log of that time, which is many millions of transactions.
    /// </summary>
    /// <param name="source">The same database server.</param>
    /// <param name="transactionId">The transaction's identifier.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">
    /// <see cref="EngineError.InvalidRequest"/> when it is no identifier; <see cref="EngineError.Unavailable"/> when the
    /// server does not answer.
    /// </exception>
    public static async Task<TransactionOutcome> GetOutcomeAsync(NpgsqlDataSource source, string transactionId, CancellationToken cancellationToken)
    {
        if (!long.TryParse(transactionId, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            throw new EngineException(EngineError.InvalidRequest, $"\"{transactionId}\" is not the identifier of a transaction.");
        }

        try
        {
            await using var connection = await source.OpenSessionAsync(cancellationToken);
            return await connection.ScalarAsync("SELECT pg_catalog.txid_status($1)", cancellationToken, id) switch
            {
                "committed" => TransactionOutcome.Committed,
                "aborted" => TransactionOutcome.Aborted,
                "in progress" => TransactionOutcome.InProgress,
                _ => TransactionOutcome.Unknown,
            };
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            // The identifier lies in this server's future: it comes from another server.
            return TransactionOutcome.Unknown;
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Translate(e, "asking for the outcome of a transaction");
        }
    }
}
