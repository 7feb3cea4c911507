using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Takes table locks, and names their holders if they cannot be had.</summary>
internal static class TableLocks
{
    /// <summary>Locks all of <paramref name="relations"/>, in that order, in one statement.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Busy"/>, naming the sessions in the way.</exception>
    public static Task TakeAsync(
        NpgsqlDataSource source,
        NpgsqlConnection connection,
        IReadOnlyList<Relation> relations,
        bool exclusive,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        if (relations.Count == 0)
        {
            return Task.CompletedTask;
        }

        var mode = exclusive ? "ACCESS EXCLUSIVE" : "ACCESS SHARE";
        var sql = $"LOCK TABLE {string.Join(", ", relations.Select(static relation => $"ONLY {relation.QuotedName}"))} IN {mode} MODE";
        return ExecuteAsync(source, connection, sql, relations, exclusive, timeout, cancellationToken);
    }

    /// <summary>Runs a statement that itself locks <paramref name="relations"/>.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Busy"/>, naming the sessions in the way.</exception>
    public static async Task ExecuteAsync(
        NpgsqlDataSource source,
        NpgsqlConnection connection,
        string sql,
        IReadOnlyList<Relation> relations,
        bool exclusive,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync(sql, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            var holders = await HoldersAsync(source, connection.ProcessID, relations, exclusive, cancellationToken);
            throw new EngineException(
                EngineError.Busy,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The installation's tables could not be locked within {timeout.TotalSeconds:0.###} s. {holders} End those sessions or stop the application, and try again."));
        }
    }

    private static async Task<string> HoldersAsync(
        NpgsqlDataSource source, int self, IReadOnlyList<Relation> relations, bool exclusive, CancellationToken cancellationToken)
    {
        List<string> holders;
        try
        {
            await using var connection = await source.OpenSessionAsync(cancellationToken);

            // A reader is held up by exclusive locks only, but also by those that are still waited for: it queues behind them.
            holders = await connection.QueryAsync(
                """
                SELECT pg_catalog.format('%s %s %s on %s.%s',
                         CASE WHEN l.pid IS NULL THEN 'a prepared transaction'
                              ELSE pg_catalog.format('process %s (application "%s", role %s)', l.pid, COALESCE(a.application_name, ''), COALESCE(a.usename::text, '?')) END,
                         CASE WHEN pg_catalog.bool_or(l.granted) THEN 'holds' ELSE 'waits for' END,
                         pg_catalog.string_agg(DISTINCT l.mode, ', '), n.nspname, c.relname)
                FROM pg_catalog.pg_locks l
                JOIN pg_catalog.pg_class c ON c.oid = l.relation
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
                  AND l.relation = ANY ($1) AND l.pid IS DISTINCT FROM $2 AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
                  AND ($3 OR l.mode = 'AccessExclusiveLock')
                GROUP BY l.pid, a.application_name, a.usename, n.nspname, c.relname
                ORDER BY pg_catalog.bool_or(l.granted) DESC, 1
                LIMIT 20
                """,
                static row => row.GetString(0),
                cancellationToken,
                CoveredRelations.Oids(relations),
                self,
                exclusive);
        }
        catch (NpgsqlException e)
        {
            return $"The holders could not be determined ({e.Message}).";
        }

        return holders.Count == 0 ? "The holders have ended since." : $"Held by: {SchemaComparison.Join(holders)}.";
    }
}
