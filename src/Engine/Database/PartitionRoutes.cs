using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Partitions whose rows may belong into another one here: by the hash of a value (an enum's depends on numbers that each
/// database gives anew, a text's on its encoding), by a collation that sorts otherwise, or by an expression. Their rows are
/// loaded into the partitioned table, which finds the partition.
/// </summary>
internal static class PartitionRoutes
{
    /// <summary>The partitioned table to load each such partition through.</summary>
    public static async Task<IReadOnlyDictionary<(string Schema, string Name), string>> ReadAsync(
        NpgsqlConnection connection, CoveredRelations relations, CancellationToken cancellationToken) =>
        (await connection.QueryAsync(
            """
            SELECT n.nspname::text, c.relname::text, pg_catalog.format('%I.%I', rn.nspname, r.relname)
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(c.oid)
            JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
            WHERE c.oid = ANY ($1) AND c.relispartition AND r.oid = ANY ($2)
              AND EXISTS (
                SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) AS above(oid)
                JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = above.oid
                CROSS JOIN LATERAL unnest(p.partattrs::int2[], p.partcollation::oid[]) AS k(attnum, coll)
                LEFT JOIN pg_catalog.pg_collation l ON l.oid = k.coll
                WHERE p.partstrat = 'h' OR k.attnum = 0
                   OR p.partstrat = 'r' AND l.oid IS NOT NULL AND l.collname NOT IN ('C', 'POSIX')
                   OR NOT COALESCE(l.collisdeterministic, true))
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_partition_tree(r.oid) AS below WHERE below.relid = ANY ($3))
            """,
            static row => (Key: (row.GetString(0), row.GetString(1)), Root: row.GetString(2)),
            cancellationToken,
            CoveredRelations.Oids(relations.Tables),
            CoveredRelations.Oids(relations.Partitioned),
            CoveredRelations.Oids(relations.Excluded))).ToDictionary(static route => route.Key, static route => route.Root);
}
