using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Digests of the definitions of everything a restore touches. Taken before anything is set aside and again when all is
/// put back: a restore that would leave anything different does not commit.
/// </summary>
internal sealed class DefinitionRecord
{
    // Rows are compared as JSON, less what names them by number or is bookkeeping of their content; so columns that newer
    // versions add to the catalogue are compared too.
    private const string Sql =
        """
        WITH touched AS (
          SELECT unnest($1::oid[]) AS oid
          UNION
          SELECT indexrelid FROM pg_catalog.pg_index WHERE indrelid = ANY ($1)),
        definitions(what, definition) AS (
          SELECT 'relation ' || c.oid::regclass,
                 (to_jsonb(c) - '{oid,relfilenode,relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid,reltoastrelid,relispopulated}'::text[])::text
                 || COALESCE(obj_description(c.oid, 'pg_class'), '')
          FROM touched JOIN pg_class c ON c.oid = touched.oid
          UNION ALL
          SELECT 'column ' || a.attrelid::regclass || '.' || a.attname,
                 (to_jsonb(a) - '{attrelid,atthasmissing,attmissingval}'::text[])::text || COALESCE(col_description(a.attrelid, a.attnum), '')
          FROM touched JOIN pg_attribute a ON a.attrelid = touched.oid AND a.attnum > 0
          UNION ALL
          SELECT 'index ' || i.indexrelid::regclass, (to_jsonb(i) - '{indexrelid,indexprs,indpred,indcheckxmin}'::text[])::text || pg_get_indexdef(i.indexrelid)
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
    public static async Task<DefinitionRecord> TakeAsync(NpgsqlConnection connection, CoveredRelations relations, CancellationToken cancellationToken) =>
        new(await connection.QueryAsync(
            Sql,
            static row => (row.GetString(0), row.GetString(1)),
            cancellationToken,
            CoveredRelations.Oids(relations.Lockable.Concat(relations.Sequences).Concat(relations.MaterializedViews)
                .Concat(relations.Excluded.Where(static relation => relation.Kind is 'r' or 'p')))));

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
