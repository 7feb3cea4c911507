using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>The relations an installation's backup or restore is about, sorted by what has to be done with them.</summary>
internal sealed class CoveredRelations
{
    private CoveredRelations(IReadOnlyList<Relation> covered, IReadOnlyList<Relation> excluded)
    {
        Excluded = excluded;
        Tables = Where(covered, 'r');
        Partitioned = Where(covered, 'p');
        Sequences = Where(covered, 'S');
        MaterializedViews = Where(covered, 'm');
        Others = [.. covered.Where(static relation => relation.Kind is not ('r' or 'p' or 'S' or 'm'))];
    }

    /// <summary>Tables that can hold rows of their own.</summary>
    public IReadOnlyList<Relation> Tables { get; }

    public IReadOnlyList<Relation> Partitioned { get; }

    public IReadOnlyList<Relation> Sequences { get; }

    public IReadOnlyList<Relation> MaterializedViews { get; }

    /// <summary>What no backup can carry.</summary>
    public IReadOnlyList<Relation> Others { get; }

    public IReadOnlyList<Relation> Excluded { get; }

    /// <summary>Tables with and without rows of their own: everything LOCK TABLE takes.</summary>
    public IEnumerable<Relation> Lockable =>
        Tables.Concat(Partitioned).OrderBy(static r => r.Schema, StringComparer.Ordinal).ThenBy(static r => r.Name, StringComparer.Ordinal);

    public static async Task<CoveredRelations> ReadAsync(
        NpgsqlConnection connection, DatabaseOptions options, IEnumerable<string> alsoExcluded, CancellationToken cancellationToken)
    {
        List<string> schemas = [.. options.Schemas];
        var missing = await connection.QueryAsync(
            """
            SELECT s.name, n.oid IS NOT NULL
            FROM unnest($1::text[]) AS s(name) LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = s.name
            WHERE n.oid IS NULL OR NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
            """,
            static row => $"{row.GetString(0)} {(row.GetBoolean(1) ? "(no USAGE privilege on it)" : "(it does not exist)")}",
            cancellationToken,
            schemas);
        if (missing.Count > 0)
        {
            throw new EngineException(
                EngineError.InvalidRequest, $"Schemas of the installation cannot be used: {SchemaComparison.Join(missing)}. Check the setting Schemas.");
        }

        // Views, composite types and indexes are definitions; they hold nothing that a backup carries.
        var relations = await connection.QueryAsync(
            """
            SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, COALESCE(a.amname = 'heap', false),
                   CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END,
                   pg_catalog.pg_has_role(c.relowner, 'USAGE'),
                   c.relkind IN ('r', 'p') AND pg_catalog.row_security_active(c.oid), c.relforcerowsecurity, c.relispopulated,
                   e.oid IS NOT NULL, COALESCE(c.oid = ANY (e.extconfig), false), pg_catalog.pg_get_userbyid(c.relowner)::text,
                   c.relispartition
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
            LEFT JOIN pg_catalog.pg_depend d
              ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
            LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
            WHERE n.nspname = ANY ($1::text[]) AND c.relkind NOT IN ('i', 'I', 't', 'c', 'v')
            ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
            """,
            static row => new Relation
            {
                Oid = row.GetFieldValue<uint>(0),
                Schema = row.GetString(1),
                Name = row.GetString(2),
                Kind = row.GetString(3)[0],
                IsHeap = row.GetBoolean(4),
                IsReadable = row.GetBoolean(5),
                IsOwned = row.GetBoolean(6),
                HidesRows = row.GetBoolean(7),
                ForcesRowSecurity = row.GetBoolean(8),
                IsPopulated = row.GetBoolean(9),
                IsExtensionMember = row.GetBoolean(10),
                IsExtensionData = row.GetBoolean(11),
                Owner = row.GetString(12),
                IsPartition = row.GetBoolean(13),
            },
            cancellationToken,
            schemas);

        var names = options.Excluded.Concat(alsoExcluded).ToHashSet(StringComparer.Ordinal);
        var excluded = relations.Where(relation => names.Contains(relation.ToString())).Select(static r => r.Oid).ToHashSet();
        excluded.UnionWith(await PartitionsOfAsync(connection, excluded, cancellationToken));

        // An extension brings its own rows when it is created, unless it says that its users add some.
        excluded.UnionWith(relations.Where(static r => r.IsExtensionMember && !r.IsExtensionData).Select(static r => r.Oid));
        return new CoveredRelations(
            [.. relations.Where(relation => !excluded.Contains(relation.Oid))],
            [.. relations.Where(relation => excluded.Contains(relation.Oid))]);
    }

    /// <summary>Stops by name at what cannot be carried.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="withoutLargeObjects">Whether the database's large objects do not matter.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RequireSupportedAsync(NpgsqlConnection connection, bool withoutLargeObjects, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        problems.AddRange(Others.Select(static relation => $"{relation.Describe()} cannot be carried"));
        problems.AddRange(Tables.Concat(Sequences).Where(static relation => relation.IsExtensionData).Select(static relation =>
            $"{relation.Describe()} belongs to an extension"));
        problems.AddRange(await OutsideAsync(connection, cancellationToken));
        if (!withoutLargeObjects)
        {
            var objects = (long)(await connection.ScalarAsync("SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata", cancellationToken))!;
            if (objects > 0)
            {
                problems.Add($"the database holds {objects} large objects, which cannot be carried ({DatabaseOptions.LargeObjects} leaves them out)");
            }
        }

        if (problems.Count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported, $"The database holds what a backup cannot carry: {SchemaComparison.Join(problems)}. "
                + "Remove these, or name them in the setting Excluded to leave them out.");
        }
    }

    /// <summary>Stops by name at what this role may not read completely.</summary>
    public void RequireReadable()
    {
        var problems = Tables.Concat(Sequences).Where(static relation => !relation.IsReadable)
            .Select(static relation => $"{relation.Describe()} may not be read (GRANT SELECT on it; its owner is {relation.Owner})").ToList();
        problems.AddRange(Tables.Where(static relation => relation.IsReadable && relation.HidesRows).Select(static relation =>
            $"{relation.Describe()} has row-level security that hides rows from this role "
            + (relation is { ForcesRowSecurity: true, IsOwned: true }
                ? "(FORCE ROW LEVEL SECURITY is set; use a role with BYPASSRLS, or set NO FORCE)"
                : $"(use its owner {relation.Owner} or a role with BYPASSRLS)")));
        if (problems.Count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"The backup would not be complete: {SchemaComparison.Join(problems)}. Relations can also be left out by name with the setting Excluded.");
        }
    }

    /// <summary>Stops by name at what this role may not alter.</summary>
    public void RequireOwned()
    {
        var problems = Tables.Concat(Partitioned).Concat(Sequences).Concat(MaterializedViews).Where(static relation => !relation.IsOwned)
            .Select(static relation => $"{relation.Describe()} belongs to {relation.Owner}").ToList();
        if (problems.Count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"A restore needs to own what it loads: {SchemaComparison.Join(problems)}. Connect as the owner or a member of that role, or change the owner.");
        }
    }

    private static Relation[] Where(IReadOnlyList<Relation> relations, char kind) => [.. relations.Where(relation => relation.Kind == kind)];

    private static async Task<List<uint>> PartitionsOfAsync(NpgsqlConnection connection, HashSet<uint> roots, CancellationToken cancellationToken) =>
        roots.Count == 0
            ? []
            : await connection.QueryAsync(
                """
                WITH RECURSIVE below(oid) AS (
                  SELECT unnest($1::oid[])
                  UNION
                  SELECT i.inhrelid FROM below JOIN pg_catalog.pg_inherits i ON i.inhparent = below.oid
                  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition)
                SELECT oid FROM below
                """,
                static row => row.GetFieldValue<uint>(0),
                cancellationToken,
                roots.ToArray());

    /// <summary>Rows and sequences that belong to covered tables but lie in schemas that are not covered.</summary>
    private async Task<List<string>> OutsideAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.QueryAsync(
            """
            SELECT pg_catalog.format('%s.%s, %s of %s.%s, lies outside the covered schemas', n.nspname, c.relname, o.what, pn.nspname, pc.relname)
            FROM (SELECT inhrelid, inhparent, 'a child' FROM pg_catalog.pg_inherits
                  UNION ALL
                  SELECT d.refobjid, a.adrelid, 'a sequence' FROM pg_catalog.pg_attrdef a
                  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = a.oid
                   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass) AS o(child, parent, what)
            JOIN pg_catalog.pg_class c ON c.oid = o.child
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_class pc ON pc.oid = o.parent
            JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
            WHERE o.parent = ANY ($1) AND (o.what = 'a child' OR c.relkind = 'S') AND NOT o.child = ANY ($2)
            ORDER BY 1
            """,
            static row => row.GetString(0),
            cancellationToken,
            Oids(Tables.Concat(Partitioned)),
            Oids(Tables.Concat(Partitioned).Concat(Sequences).Concat(Others).Concat(Excluded)));

    public static uint[] Oids(IEnumerable<Relation> relations) => [.. relations.Select(static relation => relation.Oid)];
}
