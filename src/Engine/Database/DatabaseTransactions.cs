using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Asks a server what became of a transaction.</summary>
public static class DatabaseTransactions
{
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
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
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
