using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Indexes that are faster to build after the load than to keep during it, where a table has many rows, and that can be built
/// again exactly. All others
/// stay in place: whatever a constraint, a foreign key, a partitioned index, a replica identity, a cluster mark or any other
/// object needs, whatever is invalid, has expressions (their columns' names and statistics cannot be given back), calls
/// functions people made (which may need the application's search path), lies in a tablespace of its own, or belongs to an
/// extension.
/// </summary>
internal sealed class SecondaryIndexes
{
    private readonly ILookup<(string Schema, string Table), SecondaryIndex> _indexes;
    private readonly List<SecondaryIndex> _aside = [];

    private SecondaryIndexes(IEnumerable<SecondaryIndex> indexes)
    {
        _indexes = indexes.ToLookup(static index => (index.Schema, index.Table));
    }

    public static async Task<SecondaryIndexes> ReadAsync(NpgsqlConnection connection, CoveredRelations relations, CancellationToken cancellationToken) =>
        new(await connection.QueryAsync(
            """
            SELECT n.nspname::text, t.relname::text, x.relname::text, pg_catalog.pg_get_indexdef(i.indexrelid),
                   pg_catalog.obj_description(i.indexrelid, 'pg_class')
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
            JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
            WHERE i.indrelid = ANY ($1) AND x.relkind = 'i' AND NOT x.relispartition AND x.reltablespace = 0 AND x.relowner = t.relowner
              AND i.indisvalid AND i.indisready AND i.indislive AND i.indimmediate
              AND NOT i.indisprimary AND NOT i.indisexclusion AND NOT i.indisreplident AND NOT i.indisclustered
              AND i.indexprs IS NULL
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                              WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = i.indexrelid)
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                              WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid
                                AND (d.deptype IN ('e', 'x') OR d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)))
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                              LEFT JOIN pg_catalog.pg_attribute o ON o.attrelid = i.indrelid AND o.attnum = i.indkey[a.attnum - 1]
                              WHERE a.attrelid = i.indexrelid
                                AND (a.attname IS DISTINCT FROM o.attname OR COALESCE(a.attstattarget, -1) <> -1))
            ORDER BY n.nspname COLLATE "C", x.relname COLLATE "C"
            """,
            static row => new SecondaryIndex(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4)),
            cancellationToken,
            CoveredRelations.Oids(relations.Tables)));

    /// <summary>Drops those of one table.</summary>
    public async Task SetAsideAsync(NpgsqlConnection connection, TableSchema table, CancellationToken cancellationToken)
    {
        var indexes = _indexes[(table.Schema, table.Name)].ToList();
        if (indexes.Count > 0)
        {
            await connection.ExecuteAsync($"DROP INDEX {string.Join(", ", indexes.Select(static index => index.QuotedName))}", cancellationToken);
            _aside.AddRange(indexes);
        }
    }

    public async Task PutBackAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var index in _aside)
        {
            try
            {
                await connection.ExecuteAsync(index.Definition, cancellationToken);
            }
            catch (NpgsqlException e)
            {
                throw DatabaseErrors.TranslateForRows(e, $"building index {index.QuotedName}");
            }

            if (index.Comment is not null)
            {
                await connection.ExecuteAsync($"COMMENT ON INDEX {index.QuotedName} IS {SqlText.Literal(index.Comment)}", cancellationToken);
            }
        }
    }

    private sealed record SecondaryIndex(string Schema, string Table, string Name, string Definition, string? Comment)
    {
        public string QuotedName => $"{SqlName.Quote(Schema)}.{SqlName.Quote(Name)}";
    }
}
