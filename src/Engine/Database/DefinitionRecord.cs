using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Digests of the definitions of everything a restore touches. Taken before anything is set aside and again when all is
/// put back: a restore that would leave anything different does not commit.
/// </summary>
internal sealed class DefinitionRecord
{
    // Of each catalogue, what names its rows by number or is bookkeeping of their content. All other columns are compared, also those that newer
    // versions add. As the text of a row where there are thousands, for JSON takes five times as long.
    private static readonly (string Catalogue, string Alias, string[] Without)[] Rows =
    [
        ("pg_class", "c", ["oid", "relfilenode", "relpages", "reltuples", "relallvisible", "relallfrozen", "relfrozenxid", "relminmxid", "reltoastrelid", "relispopulated"]),
        ("pg_attribute", "a", ["attrelid", "atthasmissing", "attmissingval"]),
        ("pg_index", "i", ["indexrelid", "indexprs", "indpred", "indcheckxmin"]),
    ];

    private const string Sql =
        """
        WITH touched AS (
          SELECT unnest($1::oid[]) AS oid
          UNION
          SELECT indexrelid FROM pg_catalog.pg_index WHERE indrelid = ANY ($1)),
        definitions(what, definition) AS (
          SELECT 'relation ' || c.oid::regclass,
                 ROW({pg_class})::text
          FROM touched JOIN pg_class c ON c.oid = touched.oid
          UNION ALL
          SELECT 'column ' || a.attrelid::regclass || '.' || a.attname,
                 ROW({pg_attribute})::text
          FROM touched JOIN pg_attribute a ON a.attrelid = touched.oid AND a.attnum > 0
          UNION ALL
          SELECT 'comment on ' || CASE d.objsubid WHEN 0 THEN 'relation ' ELSE 'column ' || d.objsubid || ' of ' END || d.objoid::regclass, d.description
          FROM touched JOIN pg_description d ON d.objoid = touched.oid AND d.classoid = 'pg_class'::regclass
          UNION ALL
          SELECT 'index ' || i.indexrelid::regclass, ROW({pg_index})::text || CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL THEN '' ELSE pg_get_indexdef(i.indexrelid) END
          FROM pg_index i WHERE i.indrelid = ANY ($1)
          UNION ALL
          SELECT 'constraint ' || k.conname || ' on ' || k.conrelid::regclass,
                 (to_jsonb(k) - '{oid,conindid,conparentid,conbin}'::text[])::text || pg_get_constraintdef(k.oid)
                 || k.conindid::regclass || COALESCE(p.conname || ' on ' || p.conrelid::regclass, '') || COALESCE(obj_description(k.oid, 'pg_constraint'), '')
          FROM pg_constraint k LEFT JOIN pg_constraint p ON p.oid = k.conparentid
          WHERE k.conrelid = ANY ($1)
          UNION ALL
          SELECT 'constraint ' || k.conname || ' on domain ' || k.contypid::regtype, (to_jsonb(k) - '{oid,conbin}'::text[])::text || pg_get_constraintdef(k.oid)
                 || COALESCE(obj_description(k.oid, 'pg_constraint'), '')
          FROM pg_constraint k JOIN pg_type d ON d.oid = k.contypid JOIN pg_namespace n ON n.oid = d.typnamespace
          WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
          UNION ALL
          SELECT 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass,
                 (to_jsonb(t) - '{oid,tgconstraint,tgparentid,tgconstrindid,tgqual}'::text[])::text || pg_get_triggerdef(t.oid) || COALESCE(obj_description(t.oid, 'pg_trigger'), '')
          FROM pg_trigger t WHERE t.tgrelid = ANY ($1) AND NOT t.tgname LIKE 'RI\_ConstraintTrigger\_%'
          UNION ALL
          SELECT 'trigger behind constraint ' || k.conname || ' on ' || k.conrelid::regclass || ', on ' || t.tgrelid::regclass,
                 (to_jsonb(t) - '{oid,tgname,tgconstraint,tgparentid,tgconstrindid,tgqual}'::text[])::text
          FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint
          WHERE t.tgrelid = ANY ($1) AND t.tgname LIKE 'RI\_ConstraintTrigger\_%'
          UNION ALL
          SELECT 'dependency on an extension of ' || pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, 0)
          FROM pg_depend d
          WHERE d.deptype = 'x' AND (d.classid = 'pg_class'::regclass AND d.objid IN (SELECT oid FROM touched)
                OR d.classid = 'pg_trigger'::regclass AND d.objid IN (SELECT oid FROM pg_trigger WHERE tgrelid = ANY ($1)))
          UNION ALL
          SELECT 'sequence ' || s.seqrelid::regclass, to_jsonb(s)::text FROM pg_sequence s WHERE s.seqrelid = ANY ($1)
          UNION ALL
          SELECT 'policy ' || y.polname || ' on ' || y.polrelid::regclass, to_jsonb(y)::text FROM pg_policy y WHERE y.polrelid = ANY ($1)
          UNION ALL
          SELECT 'statistics ' || x.stxname || ' on ' || x.stxrelid::regclass, to_jsonb(x)::text FROM pg_statistic_ext x WHERE x.stxrelid = ANY ($1))
        SELECT what, encode(sha256(convert_to(definition, 'UTF8')), 'hex') FROM definitions
        """;

    private readonly IReadOnlyList<(string What, string Digest)> _definitions;

    private DefinitionRecord(IReadOnlyList<(string, string)> definitions)
    {
        _definitions = definitions;
    }

    /// <summary>Takes the record; the search path must be empty, so that names come out qualified.</summary>
    public static async Task<DefinitionRecord> TakeAsync(NpgsqlConnection connection, CoveredRelations relations, CancellationToken cancellationToken)
    {
        var columns = (await connection.QueryAsync(
            """
            SELECT c.relname::text, a.attname::text
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relname = ANY ($1::text[]) AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """,
            static row => (Catalogue: row.GetString(0), Column: row.GetString(1)),
            cancellationToken,
            Rows.Select(static rows => rows.Catalogue).ToList())).ToLookup(static column => column.Catalogue, static column => column.Column);
        var sql = Rows.Aggregate(Sql, (text, rows) => text.Replace(
            $"{{{rows.Catalogue}}}",
            string.Join(", ", columns[rows.Catalogue].Except(rows.Without).Select(column => $"{rows.Alias}.{SqlName.Quote(column)}")),
            StringComparison.Ordinal));
        return new(await connection.QueryAsync(
            sql,
            static row => (row.GetString(0), row.GetString(1)),
            cancellationToken,
            CoveredRelations.Oids(relations.Lockable.Concat(relations.Sequences).Concat(relations.MaterializedViews)
                .Concat(relations.Excluded.Where(static relation => relation.Kind is 'r' or 'p')))));
    }

    /// <summary>Refuses when anything is not as it was.</summary>
    /// <param name="before">The former definition.</param>
    /// <param name="changed">Names of constraints that were changed on request, on whatever table.</param>
    public void RequireSame(DefinitionRecord before, IReadOnlyCollection<string> changed)
    {
        bool IsMeant((string What, string) definition) => changed.Any(name => definition.What.StartsWith($"constraint {name} on ", StringComparison.Ordinal));
        var different = _definitions.Except(before._definitions).Concat(before._definitions.Except(_definitions))
            .Where(definition => !IsMeant(definition)).Select(static definition => definition.What).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (different.Count > 0 || _definitions.Count != before._definitions.Count)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"Some definitions in the target could not be recreated exactly, so the restore was not committed: {SchemaComparison.Join(different)}. "
                + "Drop them during the restore, and report this.");
        }
    }
}
