using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>The triggers people made on the loaded tables: disabled during the load, and put back in exactly the state they were in.</summary>
internal sealed class UserTriggers
{
    private readonly IReadOnlyList<UserTrigger> _triggers;
    private readonly InheritedTriggers? _inherited;

    private UserTriggers(IReadOnlyList<UserTrigger> triggers, InheritedTriggers? inherited)
    {
        _triggers = triggers;
        _inherited = inherited;
    }

    /// <summary>Reads those that may fire.</summary>
    public static async Task<UserTriggers> ReadAsync(
        NpgsqlConnection connection, ServerInfo server, CoveredRelations relations, CancellationToken cancellationToken)
    {
        // Rows that are loaded into a partitioned table fire its triggers for statements, too.
        //
        // Before 15 the triggers that partitions get from their parent count as internal, like those behind constraints.
        var triggers = await connection.QueryAsync(
            """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), t.tgname::text, t.tgenabled::text, t.tgisinternal
            FROM pg_catalog.pg_trigger t
            JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
            WHERE (t.tgrelid = ANY ($1) OR t.tgrelid = ANY ($2) AND t.tgtype & 1 = 0) AND t.tgenabled <> 'D'
              AND NOT (t.tgisinternal AND p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
                       AND (p.proname LIKE 'RI\_FKey\_%' OR p.proname = 'unique_key_recheck'))
            ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", t.tgname COLLATE "C"
            """,
            static row => new UserTrigger(row.GetString(0), row.GetString(1), row.GetString(2)[0], row.GetBoolean(3)),
            cancellationToken,
            CoveredRelations.Oids(relations.Tables),
            CoveredRelations.Oids(relations.Partitioned));

        // What 12 lets nobody but a superuser disable is dropped and made again.
        return server.Major == 12
            ? new UserTriggers([.. triggers.Where(static trigger => !trigger.IsInternal)], await InheritedTriggers.ReadAsync(connection, relations, cancellationToken))
            : new UserTriggers(triggers, null);
    }

    public async Task SetAsideAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await connection.ExecuteAllAsync(
            _triggers.Select(static trigger => $"ALTER TABLE ONLY {trigger.Table} DISABLE TRIGGER {SqlName.Quote(trigger.Name)}"), cancellationToken);

        if (_inherited is not null)
        {
            await _inherited.SetAsideAsync(connection, cancellationToken);
        }
    }

    public async Task PutBackAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await connection.ExecuteAllAsync(
            _triggers.Select(static trigger =>
            {
                var mode = trigger.State switch { 'R' => "ENABLE REPLICA", 'A' => "ENABLE ALWAYS", _ => "ENABLE" };
                return $"ALTER TABLE ONLY {trigger.Table} {mode} TRIGGER {SqlName.Quote(trigger.Name)}";
            }),
            cancellationToken);

        if (_inherited is not null)
        {
            await _inherited.PutBackAsync(connection, cancellationToken);
        }
    }

    private sealed record UserTrigger(string Table, string Name, char State, bool IsInternal);
}
