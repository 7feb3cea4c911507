using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Generated columns and indexes whose expressions call functions people made. PostgreSQL takes what such a function says while
/// the row is loaded; but it may read tables that are filled later only. So these are computed once more at the end.
/// </summary>
internal sealed class DerivedValues
{
    // Columns that depend on each other's tables take one round each; more than a few are a function that changes its mind.
    private const int Rounds = 10;

    private readonly IReadOnlyList<string> _updates;
    private readonly IReadOnlyList<string> _indexes;

    private DerivedValues(IReadOnlyList<string> updates, IReadOnlyList<string> indexes)
    {
        _updates = updates;
        _indexes = indexes;
    }

    /// <summary>Reads them, and refuses by name those that could not be computed again.</summary>
    public static async Task<DerivedValues> ReadAsync(NpgsqlConnection connection, CoveredRelations relations, CancellationToken cancellationToken)
    {
        var tables = CoveredRelations.Oids(relations.Tables);

        // An UPDATE computes the generated columns again that depend on what it sets.
        var columns = await connection.QueryAsync(
            $"""
            WITH {UserFunctions.Callers}
            SELECT pg_catalog.format('%I.%I', n.nspname, t.relname), g.attname::text,
                   (SELECT pg_catalog.format('%1$I = %1$I', b.attname)
                    FROM pg_catalog.pg_depend u JOIN pg_catalog.pg_attribute b ON b.attrelid = g.attrelid AND b.attnum = u.refobjsubid
                    WHERE u.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND u.objid = a.oid
                      AND u.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND u.refobjid = g.attrelid
                      AND b.attnum > 0 AND b.attnum <> g.attnum AND b.attidentity <> 'a' AND b.attgenerated = ''
                    ORDER BY b.attnum LIMIT 1),
                   pg_catalog.format('%I::text IS DISTINCT FROM (%s)::text', g.attname, pg_catalog.pg_get_expr(a.adbin, a.adrelid)),
                   EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = t.oid AND r.ev_type = '2' AND r.ev_enabled IN ('O', 'A'))
            FROM pg_catalog.pg_attribute g
            JOIN pg_catalog.pg_attrdef a ON a.adrelid = g.attrelid AND a.adnum = g.attnum
            JOIN pg_catalog.pg_class t ON t.oid = g.attrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
            WHERE g.attrelid = ANY ($1) AND g.attgenerated = 's'
              AND EXISTS (SELECT FROM callers c WHERE c.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND c.objid = a.oid)
            ORDER BY 1, g.attnum
            """,
            static row => (Table: row.GetString(0), Column: row.GetString(1), Assignment: row.IsDBNull(2) ? null : row.GetString(2), IsOther: row.GetString(3), HasRule: row.GetBoolean(4)),
            cancellationToken,
            tables);
        var problems = columns.Where(static column => column.Assignment is null || column.HasRule)
            .Select(static column => $"{column.Column} of {column.Table} {(column.HasRule ? "(a rule rewrites UPDATE)" : "(it depends on no column that can be set)")}").ToList();
        if (problems.Count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported,
                "Generated columns call functions that may read other tables, and cannot be recomputed after all rows are loaded: "
                + $"{SchemaComparison.Join(problems)}. Drop the rule, or the column, until the restore is over.");
        }

        var indexes = await connection.QueryAsync(
            $"""
            WITH {UserFunctions.Callers}
            SELECT pg_catalog.format('%I.%I', n.nspname, x.relname)
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relkind = 'i'
            JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
            WHERE i.indrelid = ANY ($1) AND i.indisvalid AND i.indisready AND i.indislive
              AND EXISTS (SELECT FROM callers c WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.objid = i.indexrelid)
            ORDER BY 1
            """,
            static row => row.GetString(0),
            cancellationToken,
            tables);
        return new DerivedValues(
            [
                .. columns.GroupBy(static column => column.Table).Select(static table =>
                    $"UPDATE ONLY {table.Key} SET {string.Join(", ", table.Select(static c => c.Assignment).Distinct())} WHERE {string.Join(" OR ", table.Select(static c => c.IsOther))}"),
            ],
            indexes);
    }

    /// <summary>Recomputes the generated columns whose values have changed; before the indexes are built.</summary>
    public async Task UpdateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var left = _updates;
        for (var round = 0; left.Count > 0 && round < Rounds; round++)
        {
            var changed = new List<string>();
            foreach (var update in left)
            {
                try
                {
                    if (await connection.ExecuteAsync(update, cancellationToken) > 0)
                    {
                        changed.Add(update);
                    }
                }
                catch (NpgsqlException e)
                {
                    throw DatabaseErrors.TranslateForRows(e, "recomputing generated columns that call functions");
                }
            }

            // One that was right may follow from one that was not.
            left = changed.Count > 0 ? _updates : [];
        }
    }

    /// <summary>Builds the indexes again. Those for which that fails stay as the load has filled them.</summary>
    /// <returns>Warnings for an operator.</returns>
    public async Task<IReadOnlyList<string>> ReindexAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var notes = new List<string>();
        foreach (var index in _indexes)
        {
            if (await connection.TryAsync($"REINDEX INDEX {index}", cancellationToken) is { } error)
            {
                var failure = DatabaseErrors.TranslateForRows(error, $"rebuilding index {index}");
                notes.Add(error.SqlState[..2] is not ("23" or "53" or "57" or "58")
                    ? $"{failure.Message} The index stays as filled while the rows were loaded; if its functions read other tables, fix the cause and REINDEX it."
                    : throw failure);
            }
        }

        return notes;
    }
}
