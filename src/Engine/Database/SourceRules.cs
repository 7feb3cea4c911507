using System.Collections.Concurrent;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Finds constraints that are said to hold and do not: rows loaded once with triggers off, a function that says something else
/// by now, a collation that a newer system sorts in another way, a damaged disk. A restore proves every constraint, so this has to be known when
/// the backup is taken.
/// </summary>
internal sealed class SourceRules
{
    // Tables up to this size are looked at many together, as asking takes longer than answering.
    private const long SmallTable = 1 << 20;
    private const int AtOnce = 50;

    private readonly ConcurrentQueue<SourceRule> _rules;
    private readonly ConcurrentQueue<string> _broken = new();
    private readonly ConcurrentQueue<string> _unchecked = new();

    private SourceRules(IEnumerable<SourceRule> rules)
    {
        _rules = new(rules);
    }

    /// <summary>The constraints that do not hold, as <c>schema.table.constraint</c>, so far.</summary>
    public IReadOnlyList<string> Broken => [.. _broken.Order(StringComparer.Ordinal)];

    /// <summary>The constraints that could not be checked, so far: a function of theirs fails, or the server has no room for it.</summary>
    public IReadOnlyList<string> Unchecked => [.. _unchecked.Order(StringComparer.Ordinal)];

    /// <summary>Reads what is said to hold.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="relations">The covered relations.</param>
    /// <param name="sizes">The sizes of their tables.</param>
    /// <param name="rows">How many rows a table has; null where nobody has counted them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<SourceRules> ReadAsync(
        NpgsqlConnection connection,
        CoveredRelations relations,
        IReadOnlyDictionary<uint, TableSize> sizes,
        Func<Relation, long?> rows,
        CancellationToken cancellationToken)
    {
        var tables = CoveredRelations.Oids(relations.Tables);
        var keys = await connection.QueryAsync(
            """
            SELECT pg_catalog.format('%s.%s.%s', n.nspname, t.relname, k.conname),
                   pg_catalog.format(
                     'SELECT EXISTS (SELECT FROM %s%I.%I f LEFT JOIN %s%I.%I p ON (%s) WHERE p.%I IS NULL AND (%s))',
                     CASE t.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, n.nspname, t.relname, CASE r.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, rn.nspname, r.relname,
                     pg_catalog.string_agg(pg_catalog.format('p.%I OPERATOR(%I.%s) f.%I', pa.attname, o_n.nspname, o.oprname, fa.attname), ' AND '),
                     pg_catalog.min(pa.attname::text COLLATE "C"),
                     pg_catalog.string_agg(pg_catalog.format('f.%I IS NOT NULL', fa.attname), CASE k.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END)),
                   k.conrelid, k.confrelid
            FROM pg_catalog.pg_constraint k
            JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
            JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
            JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
            CROSS JOIN LATERAL unnest(k.conkey, k.confkey, k.conpfeqop) AS c(fk, pk, eq)
            JOIN pg_catalog.pg_attribute fa ON fa.attrelid = k.conrelid AND fa.attnum = c.fk
            JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = c.pk
            JOIN pg_catalog.pg_operator o ON o.oid = c.eq
            JOIN pg_catalog.pg_namespace o_n ON o_n.oid = o.oprnamespace
            WHERE k.contype = 'f' AND k.convalidated AND k.conparentid = 0 AND k.conrelid = ANY ($1) AND k.confrelid = ANY ($1)
              AND NOT COALESCE((pg_catalog.to_jsonb(k) ->> 'conperiod')::boolean, false)
            GROUP BY k.oid, k.conname, k.conrelid, k.confrelid, k.confmatchtype, n.nspname, t.relname, t.relkind, rn.nspname, r.relname, r.relkind
            """,
            static row => (
                Rule: new SourceRule(row.GetString(1), [(row.GetString(0), row.GetString(1))]), Table: row.GetFieldValue<uint>(2), Referenced: row.GetFieldValue<uint>(3)),
            cancellationToken,
            CoveredRelations.Oids(relations.Lockable.Where(static relation => relation.IsReadable)));

        // People's functions run only for their own owner: what they do with somebody else's rights is nobody's business to try.
        var checks = await connection.QueryAsync(
            $"""
            WITH {UserFunctions.Callers}
            SELECT k.conrelid, pg_catalog.format('%s.%s.%s', n.nspname, t.relname, k.conname), '(' || pg_catalog.pg_get_expr(k.conbin, k.conrelid) || ') IS FALSE', false
            FROM pg_catalog.pg_constraint k
            JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
            WHERE k.conrelid = ANY ($1) AND k.contype = 'c' AND k.convalidated
              AND (pg_catalog.pg_get_userbyid(t.relowner) = current_user
                   OR NOT EXISTS (SELECT FROM callers c WHERE c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND c.objid = k.oid))
            UNION ALL
            SELECT a.attrelid, pg_catalog.format('%s.%s.%s (NOT NULL)', n.nspname, t.relname, a.attname), pg_catalog.quote_ident(a.attname), true
            FROM pg_catalog.pg_attribute a
            JOIN pg_catalog.pg_class t ON t.oid = a.attrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
            WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.attgenerated <> 'v'
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated)
            """,
            static row => (Table: row.GetFieldValue<uint>(0), Name: row.GetString(1), Sql: row.GetString(2), IsColumn: row.GetBoolean(3)),
            cancellationToken,
            tables);
        // By what the index holds for equal, which only its type's usual operators say for sure.
        var unique = await connection.QueryAsync(
            $"""
            WITH {UserFunctions.Callers}
            SELECT pg_catalog.format('%s.%s.%s (UNIQUE)', n.nspname, t.relname, x.relname),
                   pg_catalog.format(
                     'SELECT EXISTS (SELECT FROM ONLY %I.%I WHERE %s GROUP BY %s HAVING pg_catalog.count(*) > 1)', n.nspname, t.relname,
                     pg_catalog.concat_ws(
                       ' AND ',
                       '(' || pg_catalog.pg_get_expr(i.indpred, i.indrelid) || ')',
                       CASE WHEN NOT COALESCE((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) THEN 'pg_catalog.num_nulls(' || k.columns || ') = 0' ELSE 'true' END),
                     k.columns),
                   i.indrelid, k.names, k.nullable
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
            JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
            CROSS JOIN LATERAL (
              SELECT pg_catalog.string_agg(
                       '(' || pg_catalog.pg_get_indexdef(i.indexrelid, c.number::integer, false) || ')'
                       || COALESCE((SELECT pg_catalog.format(' COLLATE %I.%I', cn.nspname, l.collname) FROM pg_catalog.pg_collation l
                                    JOIN pg_catalog.pg_namespace cn ON cn.oid = l.collnamespace WHERE l.oid = i.indcollation[c.number - 1]), ''),
                       ', ' ORDER BY c.number) AS columns,
                     pg_catalog.bool_and(o.opcdefault) AS usual,
                     CASE WHEN i.indpred IS NULL AND pg_catalog.bool_and(
                                 a.attnum > 0 AND o.opcnamespace = 'pg_catalog'::pg_catalog.regnamespace AND i.indcollation[c.number - 1] = a.attcollation)
                            AND NOT COALESCE((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)
                          THEN pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY c.number) ELSE ARRAY[]::text[] END AS names,
                     NOT COALESCE(pg_catalog.bool_and(a.attnotnull), false) AS nullable
              FROM pg_catalog.generate_series(1, i.indnkeyatts) AS c(number)
              JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[c.number - 1]
              LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[c.number - 1]) k
            WHERE i.indrelid = ANY ($1) AND i.indisunique AND i.indisvalid AND k.usual
              AND (pg_catalog.pg_get_userbyid(t.relowner) = current_user
                   OR NOT EXISTS (SELECT FROM callers c WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.objid = i.indexrelid))
            """,
            static row => (
                Index: new TableRules.UniqueIndex(row.GetString(0), row.GetString(1), row.GetFieldValue<string[]>(3), row.GetBoolean(4)), Table: row.GetFieldValue<uint>(2)),
            cancellationToken,
            tables);
        var byTable = relations.Tables.ToDictionary(static table => table.Oid, static table => new TableRules(table));
        foreach (var (table, name, sql, isColumn) in checks)
        {
            (isColumn ? byTable[table].NotNull : byTable[table].Checks).Add((name, sql));
        }

        foreach (var (index, table) in unique)
        {
            byTable[table].Unique.Add(index);
        }

        bool IsSmall(uint table) => !sizes.TryGetValue(table, out var size) || size.All <= SmallTable;
        var small = byTable.Values.Where(table => IsSmall(table.Table.Oid)).Select(static table => table.Together()).Where(static rule => rule.Parts.Count > 0)
            .Concat(keys.Where(key => IsSmall(key.Table) && IsSmall(key.Referenced)).Select(static key => key.Rule));
        return new SourceRules(
            byTable.Values.Where(table => !IsSmall(table.Table.Oid)).SelectMany(table => table.Apart(rows(table.Table)))
                .Concat(keys.Where(key => !IsSmall(key.Table) || !IsSmall(key.Referenced)).Select(static key => key.Rule))
                .Concat(small.Chunk(AtOnce).Select(Together)));
    }

    /// <summary>Checks rules on one connection until none is left; several connections may do so side by side.</summary>
    public async Task RunAsync(NpgsqlConnection connection, string searchPath, CancellationToken cancellationToken)
    {
        await SessionSettings.SetSearchPathAsync(connection, searchPath, cancellationToken);

        // The rows are asked, not the indexes over them, which may be what is wrong.
        await connection.ExecuteAsync(
            "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off", cancellationToken);
        while (_rules.TryDequeue(out var rule))
        {
            if (rule.Proof is not null && await AskAsync(connection, $"SET LOCAL enable_indexscan = on; {rule.Proof}", cancellationToken) is true)
            {
                continue;
            }

            var whole = await HoldsAsync(connection, rule.Sql, cancellationToken);
            foreach (var (name, sql) in whole is true ? [] : rule.Parts)
            {
                switch (rule.Parts.Count == 1 ? whole : await HoldsAsync(connection, sql, cancellationToken))
                {
                    case false:
                        _broken.Enqueue(name);
                        break;
                    case null:
                        _unchecked.Enqueue(name);
                        break;
                    default:
                        break;
                }
            }
        }
    }

    private static SourceRule Together(SourceRule[] rules) =>
        new($"SELECT {string.Join(" OR ", rules.Select(static rule => $"({rule.Sql})"))}", [.. rules.SelectMany(static rule => rule.Parts)]);

    private static async Task<bool?> HoldsAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken) =>
        !await AskAsync(connection, sql, cancellationToken);

    /// <summary>Asks in a savepoint of its own; null where PostgreSQL refuses to answer.</summary>
    private static async Task<bool?> AskAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.ScalarAsync(
                $"SAVEPOINT tfe_backup; {sql}; ROLLBACK TO SAVEPOINT tfe_backup; RELEASE SAVEPOINT tfe_backup", cancellationToken) is true;
        }
        catch (PostgresException e) when (e.SqlState[..2] is not "57")
        {
            await connection.ExecuteAsync("ROLLBACK TO SAVEPOINT tfe_backup; RELEASE SAVEPOINT tfe_backup", cancellationToken);
            return null;
        }
    }
}
