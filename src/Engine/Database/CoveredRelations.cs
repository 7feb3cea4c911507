using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>The relations that an installation's backup or restore covers, by how they are treated.</summary>
internal sealed class CoveredRelations
{
    private readonly IReadOnlySet<uint> _named;

    private CoveredRelations(
        IReadOnlyList<string> schemas, IReadOnlyList<Relation> covered, IReadOnlyList<Relation> excluded, IReadOnlyList<Relation> outside, IReadOnlySet<uint> named)
    {
        _named = named;
        Schemas = schemas;
        Excluded = excluded;
        Outside = outside;
        Tables = Where(covered, 'r');
        Partitioned = Where(covered, 'p');
        Sequences = Where(covered, 'S');
        MaterializedViews = Where(covered, 'm');
        Others = [.. covered.Where(static relation => relation.Kind is not ('r' or 'p' or 'S' or 'm'))];
    }

    /// <summary>The covered schemas: those of the settings, or all but the server's own.</summary>
    public IReadOnlyList<string> Schemas { get; }

    /// <summary>Tables that can hold rows of their own.</summary>
    public IReadOnlyList<Relation> Tables { get; }

    public IReadOnlyList<Relation> Partitioned { get; }

    public IReadOnlyList<Relation> Sequences { get; }

    public IReadOnlyList<Relation> MaterializedViews { get; }

    /// <summary>Checks for relations that no backup can carry.</summary>
    public IReadOnlyList<Relation> Others { get; }

    /// <summary>Left out: by name, or because an extension or a Vault brings their rows itself.</summary>
    public IReadOnlyList<Relation> Excluded { get; }

    /// <summary>Neither covered nor left out by name.</summary>
    public IReadOnlyList<Relation> Outside { get; }

    /// <summary>The tables whose rows do not count as data of a target.</summary>
    public required IReadOnlySet<uint> Bookkeeping { get; init; }

    /// <summary>Tables with and without rows of their own: everything LOCK TABLE takes.</summary>
    public IEnumerable<Relation> Lockable =>
        Tables.Concat(Partitioned).OrderBy(static r => r.Schema, StringComparer.Ordinal).ThenBy(static r => r.Name, StringComparer.Ordinal);

    public static async Task<CoveredRelations> ReadAsync(
        NpgsqlConnection connection, DatabaseOptions options, IEnumerable<string> alsoExcluded, CancellationToken cancellationToken)
    {
        var missing = await connection.QueryAsync(
            """
            SELECT s.name, n.oid IS NOT NULL
            FROM unnest($1::text[]) AS s(name) LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = s.name
            WHERE n.oid IS NULL OR NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
            """,
            static row => $"{row.GetString(0)} {(row.GetBoolean(1) ? "(no USAGE privilege on it)" : "(it does not exist)")}",
            cancellationToken,
            options.Schemas.ToList());
        if (missing.Count > 0)
        {
            throw new EngineException(
                EngineError.InvalidConfiguration, $"These schemas of the installation cannot be used: {SchemaComparison.Join(missing)}. Check the setting Schemas.");
        }

        // Views, composite types and indexes are definitions; they hold nothing that a backup carries. Neither do temporary tables.
        var relations = await connection.QueryAsync(
            """
            SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, COALESCE(a.amname = 'heap', false),
                   pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                   AND CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END,
                   pg_catalog.pg_has_role(c.relowner, 'USAGE'),
                   c.relkind IN ('r', 'p') AND pg_catalog.row_security_active(c.oid), c.relforcerowsecurity, c.relispopulated,
                   e.oid IS NOT NULL, e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)], pg_catalog.pg_get_userbyid(c.relowner)::text,
                   c.relispartition,
                   c.relispartition OR EXISTS (SELECT FROM pg_catalog.pg_depend o
                     WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i')
                       AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.refobjsubid > 0)
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
            LEFT JOIN pg_catalog.pg_depend d
              ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
            LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
            WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND c.relkind NOT IN ('i', 'I', 't', 'c', 'v')
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
                ExtensionCondition = row.IsDBNull(11) ? null : row.GetString(11),
                Owner = row.GetString(12),
                IsPartition = row.GetBoolean(13),
                IsPart = row.GetBoolean(14),
            },
            cancellationToken);

        var named = (await NamedAsync(connection, options, relations, alsoExcluded, cancellationToken)).ToHashSet();
        var excluded = relations.Where(static r => r.IsVaultStorage).Select(static r => r.Oid).Concat(named).ToHashSet();
        excluded.UnionWith(await PartitionsOfAsync(connection, excluded, cancellationToken));

        // An extension brings its own rows when it is created. Those that its users add are looked for when a backup is taken.
        excluded.UnionWith(relations.Where(static r => r.IsExtensionMember).Select(static r => r.Oid));

        var schemas = options.Schemas.Count > 0 ? options.Schemas : await AllSchemasAsync(connection, cancellationToken);
        var inside = schemas.ToHashSet(StringComparer.Ordinal);
        var bookkeeping = new HashSet<uint>(relations.Where(static r => DatabaseOptions.UsualBookkeepingTables.Contains(r.Name)).Select(static r => r.Oid));
        bookkeeping.UnionWith(options.BookkeepingTables.SelectMany(name => FindTables(relations, name)).Select(static r => r.Oid));
        return new CoveredRelations(
            schemas,
            [.. relations.Where(relation => !excluded.Contains(relation.Oid) && inside.Contains(relation.Schema))],
            [.. relations.Where(relation => excluded.Contains(relation.Oid))],
            [.. relations.Where(relation => !excluded.Contains(relation.Oid) && !inside.Contains(relation.Schema))],
            named)
        {
            Bookkeeping = bookkeeping,
        };
    }

    /// <summary>Refuses, by name, relations that a backup would miss although they may belong to the installation.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="withoutLargeObjects">True to ignore the database's large objects.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RequireCompleteAsync(NpgsqlConnection connection, bool withoutLargeObjects, CancellationToken cancellationToken)
    {
        var problems = Others.Select(static relation => $"{relation.Describe()} cannot be backed up").ToList();
        problems.AddRange(Outside.Where(static relation => !relation.IsPart && relation.Kind is 'r' or 'p' or 'f' or 'S').Select(static relation =>
            $"{relation.Describe()} lies outside the covered schemas"));
        problems.AddRange(await OutsideAsync(connection, cancellationToken));
        problems.AddRange(await ExtensionRowsAsync(connection, cancellationToken));
        if (!withoutLargeObjects)
        {
            var objects = (long)(await connection.ScalarAsync("SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata", cancellationToken))!;
            if (objects > 0)
            {
                problems.Add($"the database holds {objects} large objects, which cannot be backed up ({DatabaseOptions.LargeObjects} excludes them)");
            }
        }

        RequireNone(problems);
    }

    /// <summary>Refuses, by name, relations that a restore cannot fill.</summary>
    public async Task RequireFillableAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        RequireNone([.. Others.Select(static relation => $"{relation.Describe()} cannot be backed up"), .. await OutsideAsync(connection, cancellationToken)]);

    private static void RequireNone(List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported, $"The database holds data that a backup would miss: {SchemaComparison.Join(problems)}. "
                + "Cover their schemas with the setting Schemas, exclude them by name with the setting Exclude, or remove them.");
        }
    }

    /// <summary>Refuses, by name, relations that this role cannot read completely.</summary>
    public void RequireReadable()
    {
        var problems = Tables.Concat(Sequences).Where(static relation => !relation.IsReadable)
            .Select(static relation => $"{relation.Describe()} may not be read (GRANT SELECT on it and USAGE on its schema; its owner is {relation.Owner})").ToList();
        problems.AddRange(Tables.Where(static relation => relation.IsReadable && relation.HidesRows).Select(static relation =>
            $"{relation.Describe()} has row-level security that hides rows from this role "
            + (relation is { ForcesRowSecurity: true, IsOwned: true }
                ? "(FORCE ROW LEVEL SECURITY is set; use a role with BYPASSRLS, or set NO FORCE)"
                : $"(use its owner {relation.Owner} or a role with BYPASSRLS)")));
        if (problems.Count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"The backup would not be complete: {SchemaComparison.Join(problems)}. Relations can also be excluded by name with the setting Exclude.");
        }
    }

    /// <summary>Refuses, by name, relations that this role cannot alter.</summary>
    public void RequireOwned()
    {
        var problems = Tables.Concat(Partitioned).Concat(Sequences).Concat(MaterializedViews).Where(static relation => !relation.IsOwned)
            .Select(static relation => $"{relation.Describe()} belongs to {relation.Owner}").ToList();
        if (problems.Count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"A restore must own the tables it loads: {SchemaComparison.Join(problems)}. Connect as the owner or a member of that role, or change the owner.");
        }
    }

    private static Relation[] Where(IReadOnlyList<Relation> relations, char kind) => [.. relations.Where(relation => relation.Kind == kind)];

    /// <summary>Names from settings, all of which must exist; and names a backup left out, which need not.</summary>
    private static async Task<List<uint>> NamedAsync(
        NpgsqlConnection connection,
        DatabaseOptions options,
        List<Relation> relations,
        IEnumerable<string> alsoExcluded,
        CancellationToken cancellationToken)
    {
        var unknown = new List<string>();
        var backup = alsoExcluded.ToHashSet(StringComparer.Ordinal);
        var named = relations.Where(relation => backup.Contains(relation.ToString())).Select(static r => r.Oid).ToList();
        foreach (var name in options.Excluded.Where(static name => name != DatabaseOptions.LargeObjects))
        {
            var found = name.EndsWith(".*", StringComparison.Ordinal)
                ? SettingName.Find(name[..^2], relations, static r => [r.Schema])
                : SettingName.Find(name, relations, static r => [r.Schema, r.Name]);
            named.AddRange(found.Select(static r => r.Oid));
            if (found.Count == 0)
            {
                unknown.Add($"Exclude: {name}");
            }
        }

        unknown.AddRange(options.BookkeepingTables.Where(name => !FindTables(relations, name).Any()).Select(static name => $"BookkeepingTables: {name}"));
        if (options.DeclaredColumns.Count > 0)
        {
            var columns = await connection.QueryAsync(
                """
                SELECT n.nspname::text, c.relname::text, a.attname::text
                FROM pg_catalog.pg_attribute a
                JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.oid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
                """,
                static row => new[] { row.GetString(0), row.GetString(1), row.GetString(2) },
                cancellationToken,
                Oids(relations));
            unknown.AddRange(options.DeclaredColumns.Where(name => SettingName.Find(name, columns, static c => c).Count == 0)
                .Select(static name => $"Vault:Columns: {name}"));
        }

        return unknown.Count == 0
            ? named
            : throw new EngineException(
                EngineError.InvalidConfiguration,
                $"Settings name relations that the database does not have: {SchemaComparison.Join(unknown)}. Correct or remove these names. {SettingName.Spelling}.");
    }

    private static IEnumerable<Relation> FindTables(List<Relation> relations, string name) =>
        SettingName.Find(name, relations, static r => [r.Schema, r.Name]).Concat(SettingName.Find(name, relations, static r => [r.Name]))
            .Where(static relation => relation.Kind is 'r' or 'p');

    private static Task<List<string>> AllSchemasAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.QueryAsync(
            """
            SELECT nspname::text FROM pg_catalog.pg_namespace
            WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
            ORDER BY nspname COLLATE "C"
            """,
            static row => row.GetString(0),
            cancellationToken);

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

    /// <summary>
    /// Rows and sequences that belong to covered tables but lie in schemas that are not covered. Temporary children of other
    /// sessions are theirs alone.
    /// </summary>
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
            WHERE o.parent = ANY ($1) AND (o.what = 'a child' OR c.relkind = 'S') AND NOT o.child = ANY ($2) AND c.relpersistence <> 't'
            ORDER BY 1
            """,
            static row => row.GetString(0),
            cancellationToken,
            Oids(Tables.Concat(Partitioned)),
            Oids(Tables.Concat(Partitioned).Concat(Sequences).Concat(Others).Concat(Excluded)));

    /// <summary>Tables of extensions that hold users' own rows, and those that cannot be read.</summary>
    private async Task<List<string>> ExtensionRowsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var table in Excluded.Where(relation => relation is { Kind: 'r' or 'p', ExtensionCondition: not null } && !_named.Contains(relation.Oid)))
        {
            if (!table.IsReadable)
            {
                problems.Add($"{table.Describe()} belongs to an extension, may hold rows of yours and cannot be read (its owner is {table.Owner})");
            }
            else if ((bool)(await connection.ScalarAsync($"SELECT EXISTS (SELECT FROM {table.QuotedName} {table.ExtensionCondition})", cancellationToken))!)
            {
                problems.Add($"{table.Describe()} belongs to an extension and holds rows of yours");
            }
        }

        return problems;
    }

    public static uint[] Oids(IEnumerable<Relation> relations) => [.. relations.Select(static relation => relation.Oid)];
}
