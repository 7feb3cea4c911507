using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>A function that runs at commands like those of a restore, whoever gives them.</summary>
internal sealed record EventTrigger(string Name, string Event, string Function, string FunctionName)
{
    /// <summary>Reads those that are enabled.</summary>
    public static async Task<IReadOnlyList<EventTrigger>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.QueryAsync(
            """
            SELECT e.evtname::text, e.evtevent::text, pg_catalog.format('%s.%s', n.nspname, p.proname), p.proname::text
            FROM pg_catalog.pg_event_trigger e
            JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid
            JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            WHERE e.evtenabled IN ('O', 'A') AND e.evtevent <> 'login'
            ORDER BY e.evtname COLLATE "C"
            """,
            static row => new EventTrigger(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3)),
            cancellationToken);

    public override string ToString() => $"{Name} at {Event} (function {Function})";
}
