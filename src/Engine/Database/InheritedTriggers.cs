using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Triggers that partitions get from their table, on PostgreSQL 12, which lets only a superuser disable those: the table's
/// trigger is dropped, and theirs with it, and made again after the load. Needed only where some of them would fire.
/// </summary>
internal sealed class InheritedTriggers
{
    private readonly IReadOnlyList<TopTrigger> _triggers;

    private InheritedTriggers(IReadOnlyList<TopTrigger> triggers)
    {
        _triggers = triggers;
    }

    public static async Task<InheritedTriggers> ReadAsync(NpgsqlConnection connection, CoveredRelations relations, CancellationToken cancellationToken)
    {
        var triggers = await connection.QueryAsync(
            """
            WITH RECURSIVE up(oid) AS (
              SELECT oid FROM pg_catalog.pg_trigger WHERE tgrelid = ANY ($1) AND tgisinternal AND tgconstraint = 0 AND tgenabled <> 'D'
              UNION
              SELECT d.refobjid FROM up JOIN pg_catalog.pg_depend d
                ON d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND d.objid = up.oid
               AND d.refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND d.deptype = 'P'),
            tree(top, oid) AS (
              SELECT t.oid, t.oid FROM up JOIN pg_catalog.pg_trigger t ON t.oid = up.oid AND NOT t.tgisinternal
              UNION
              SELECT tree.top, d.objid FROM tree JOIN pg_catalog.pg_depend d
                ON d.refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND d.refobjid = tree.oid
               AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND d.deptype = 'P')
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), t.tgname::text, pg_catalog.pg_get_triggerdef(t.oid),
                   pg_catalog.obj_description(t.oid, 'pg_trigger'), t.tgrelid = ANY ($2),
                   (SELECT pg_catalog.bool_and(b.tgenabled = 'O') FROM tree JOIN pg_catalog.pg_trigger b ON b.oid = tree.oid WHERE tree.top = t.oid)
            FROM (SELECT DISTINCT top FROM tree) AS tops
            JOIN pg_catalog.pg_trigger t ON t.oid = tops.top
            JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", t.tgname COLLATE "C"
            """,
            static row => new TopTrigger(
                row.GetString(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetBoolean(4), row.GetBoolean(5)),
            cancellationToken,
            CoveredRelations.Oids(relations.Tables),
            CoveredRelations.Oids(relations.Partitioned));
        var problems = triggers.Where(static trigger => !trigger.IsCovered || !trigger.IsPlain)
            .Select(static trigger => $"{trigger.Name} on {trigger.Table} "
                + (trigger.IsCovered ? "is in different states on the table and its partitions" : "is on a table outside the covered schemas"))
            .ToList();
        return problems.Count == 0
            ? new InheritedTriggers(triggers)
            : throw new EngineException(
                EngineError.Unsupported,
                $"PostgreSQL 12 lets only a superuser disable triggers that partitions inherit, and these could not be recreated exactly: {SchemaComparison.Join(problems)}. "
                + "Drop them during the restore, or restore into a newer version.");
    }

    public async Task SetAsideAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var trigger in _triggers)
        {
            await connection.ExecuteAsync($"DROP TRIGGER {SqlName.Quote(trigger.Name)} ON {trigger.Table}", cancellationToken);
        }
    }

    public async Task PutBackAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var trigger in _triggers)
        {
            await connection.ExecuteAsync(trigger.Definition, cancellationToken);
            if (trigger.Comment is not null)
            {
                await connection.ExecuteAsync(
                    $"COMMENT ON TRIGGER {SqlName.Quote(trigger.Name)} ON {trigger.Table} IS {SqlText.Literal(trigger.Comment)}", cancellationToken);
            }
        }
    }

    private sealed record TopTrigger(string Table, string Name, string Definition, string? Comment, bool IsCovered, bool IsPlain);
}
