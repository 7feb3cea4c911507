using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Checks for the limits of a PostgreSQL standby (a hot standby, a read replica) before they make a backup fail.</summary>
internal static class Standby
{
    /// <summary>Makes sure that every table can be read: a standby has no rows of unlogged tables.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unsupported"/>, with their names.</exception>
    public static async Task RequireReadableAsync(NpgsqlDataSource source, DatabaseSchema schema, CancellationToken cancellationToken)
    {
        var unlogged = await QueryAsync(
            source,
            """
            SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE pg_catalog.pg_is_in_recovery() AND c.relpersistence = 'u' AND c.relkind IN ('r', 'S')
            ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
            """,
            static row => (row.GetString(0), row.GetString(1)),
            cancellationToken);
        var covered = schema.Tables.Select(static table => (table.Schema, table.Name))
            .Concat(schema.Sequences.Select(static sequence => (sequence.Schema, sequence.Name))).ToHashSet();
        var unreadable = unlogged.Where(covered.Contains).Select(static name => $"{name.Item1}.{name.Item2}").ToList();
        if (unreadable.Count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"This PostgreSQL server is a standby, which has no data of unlogged relations: {SchemaComparison.Join(unreadable)}. "
                + "Back up from the primary, make them logged, or exclude them with the setting Exclude.");
        }
    }

    /// <summary>Makes sure that the server takes writes.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.Unsupported"/>.</exception>
    public static async Task RequirePrimaryAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        if ((await QueryAsync(source, "SELECT pg_catalog.pg_is_in_recovery()", static row => row.GetBoolean(0), cancellationToken))[0])
        {
            throw new EngineException(
                EngineError.Unsupported,
                "The target's PostgreSQL server is a standby, which is read-only. Restore into its primary: correct the setting Postgres.");
        }
    }

    private static async Task<List<T>> QueryAsync<T>(
        NpgsqlDataSource source, string sql, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await source.OpenSessionAsync(cancellationToken);
            return await connection.QueryAsync(sql, map, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Translate(e, "asking whether the server is a standby");
        }
    }
}
