using Npgsql;
using TfeBackup.TestSupport.Postgres;
using Xunit;

namespace TfeBackup.Engine.Tests.Database;

/// <summary>Reads databases for comparing, by other means than COPY.</summary>
internal static class DatabaseContent
{
    private const string Names = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

    /// <summary>Every row of every table and materialised view, every sequence's state; one line each, sorted.</summary>
    public static async Task<IReadOnlyList<string>> RowsAsync(PostgresDatabase database)
    {
        await using var source = NpgsqlDataSource.Create(database.AdminConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        await ExecuteAsync(connection, "SET extra_float_digits = 3; SET TimeZone = 'UTC'; SET lc_monetary = 'C'; SET search_path = ''; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'escape'");
        var lines = new List<string>();
        foreach (var (kind, name) in await QueryAsync(
            connection,
            $"SELECT c.relkind::text, c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Names} AND c.relkind IN ('r', 'm', 'S') AND (c.relkind <> 'm' OR c.relispopulated)",
            static row => (row.GetString(0), row.GetString(1))))
        {
            lines.AddRange(await QueryAsync(
                connection,
                kind == "S" ? $"SELECT last_value || ' ' || is_called FROM {name}" : $"SELECT the_row::text FROM ONLY {name} the_row".Replace(kind == "m" ? "ONLY " : "\0", "", StringComparison.Ordinal),
                row => $"{name}: {row.GetString(0)}"));
            lines.Add($"{name} is there");
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>Every definition that a restore could disturb, in PostgreSQL's own words; one line each, sorted.</summary>
    public static async Task<IReadOnlyList<string>> DefinitionsAsync(PostgresDatabase database)
    {
        await using var source = NpgsqlDataSource.Create(database.AdminConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        await ExecuteAsync(connection, "SET search_path = ''");
        return await QueryAsync(
            connection,
            $"""
            SELECT l FROM (
              SELECT concat_ws('|', 'class', c.oid::regclass, c.relkind, c.relpersistence, c.reltablespace, c.reloptions, c.relreplident, c.relrowsecurity, c.relforcerowsecurity,
                               c.relispopulated OR c.relkind = 'm', c.relispartition, c.relacl, c.relowner::regrole, c.relam, obj_description(c.oid, 'pg_class'), pg_get_expr(c.relpartbound, c.oid), c.relhastriggers) AS l
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Names}
              UNION ALL
              SELECT concat_ws('|', 'column', c.oid::regclass, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage, a.attstattarget, a.attoptions, a.attidentity,
                               a.attgenerated, a.attcollation, a.attislocal, a.attinhcount, a.attisdropped, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))
              FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE {Names} AND a.attnum > 0
              UNION ALL
              SELECT concat_ws('|', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, i.indislive, i.indisclustered, i.indisreplident, i.indimmediate, i.indisunique, i.indisprimary)
              FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Names}
              UNION ALL
              SELECT concat_ws('|', 'constraint', k.conrelid::regclass, k.conname, k.confrelid::regclass, pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable, k.condeferred, k.conislocal, k.coninhcount,
                               k.connoinherit, p.conname, k.conindid::regclass, obj_description(k.oid, 'pg_constraint'))
              FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_constraint p ON p.oid = k.conparentid WHERE {Names}
              UNION ALL
              SELECT concat_ws('|', 'trigger', CASE WHEN t.tgname LIKE 'RI\_Con%' THEN regexp_replace(pg_get_triggerdef(t.oid), '_\d+"', '"') ELSE pg_get_triggerdef(t.oid) END, t.tgenabled, t.tgisinternal, k.conname, obj_description(t.oid, 'pg_trigger'))
              FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint WHERE {Names}
              UNION ALL
              SELECT concat_ws('|', 'rule', pg_get_ruledef(r.oid), r.ev_enabled) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {Names}
              UNION ALL
              SELECT concat_ws('|', 'statistics', pg_get_statisticsobjdef(x.oid), obj_description(x.oid, 'pg_statistic_ext')) FROM pg_statistic_ext x
              UNION ALL
              SELECT concat_ws('|', 'policy', p.polrelid::regclass, p.polname, pg_get_expr(p.polqual, p.polrelid)) FROM pg_policy p
              UNION ALL
              SELECT concat_ws('|', 'sequence', s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle) FROM pg_sequence s
              UNION ALL
              SELECT concat_ws('|', 'owned', d.objid::regclass, d.refobjid::regclass, d.refobjsubid, d.deptype) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
              WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
              UNION ALL
              SELECT concat_ws('|', 'inherits', i.inhrelid::regclass, i.inhparent::regclass, i.inhseqno) FROM pg_inherits i) AS all_of_them
            ORDER BY l COLLATE "C"
            """,
            static row => row.GetString(0));
    }

    /// <summary>Fails with the first differences.</summary>
    public static void AssertSame(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        var missing = expected.Except(actual).Take(10).Select(static line => "- " + Short(line)).ToList();
        var extra = actual.Except(expected).Take(10).Select(static line => "+ " + Short(line)).ToList();
        Assert.True(missing.Count + extra.Count == 0, string.Join('\n', missing.Concat(extra)));
        Assert.Equal(expected.Count, actual.Count);
        Assert.NotEmpty(expected);
    }

    private static string Short(string line) => line.Length <= 500 ? line : line[..500];

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<T>> QueryAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> map)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(map(reader));
        }

        return rows;
    }
}
