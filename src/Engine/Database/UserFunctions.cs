using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Functions that people made, which may read any table. Since 17, PostgreSQL runs those that indexes and materialised views
/// call with a search path of its own when it maintains these, not with the application's: for the time of the restore they
/// are given the application's, so that they find what they find when the application writes.
/// </summary>
internal sealed class UserFunctions
{
    /// <summary>
    /// For a <c>WITH</c> clause: what calls them, as <c>callers(classid, objid, proc)</c>, directly or through an operator. Built-in
    /// functions and those written in C read nothing of the installation's.
    /// </summary>
    public const string Callers =
        """
        callers AS (
          SELECT d.classid, d.objid, p.oid AS proc
          FROM pg_catalog.pg_depend d
          LEFT JOIN pg_catalog.pg_operator o ON d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND o.oid = d.refobjid
          JOIN pg_catalog.pg_proc p
            ON p.oid = CASE WHEN d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass THEN d.refobjid ELSE o.oprcode END
          JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('internal', 'c')
          WHERE d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass))
        """;

    /// <summary>
    /// The tables whose rows such functions look at when they are loaded: in checks, domains, generated columns or indexes.
    /// </summary>
    public static async Task<IReadOnlySet<uint>> CallingTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await connection.QueryAsync(
            $"""
            WITH {Callers}
            SELECT k.conrelid FROM callers c
            JOIN pg_catalog.pg_constraint k ON c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = c.objid
            UNION
            SELECT a.attrelid FROM callers c
            JOIN pg_catalog.pg_constraint k ON c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = c.objid
            JOIN pg_catalog.pg_attribute a ON a.atttypid = k.contypid
            UNION
            SELECT g.attrelid FROM callers c
            JOIN pg_catalog.pg_attrdef d ON c.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.oid = c.objid
            JOIN pg_catalog.pg_attribute g ON g.attrelid = d.adrelid AND g.attnum = d.adnum AND g.attgenerated <> ''
            UNION
            SELECT i.indrelid FROM callers c
            JOIN pg_catalog.pg_index i ON c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.indexrelid = c.objid
            """,
            static row => row.GetFieldValue<uint>(0),
            cancellationToken)).ToHashSet();

    private readonly IReadOnlyList<string> _functions;

    private UserFunctions(IReadOnlyList<string> functions)
    {
        _functions = functions;
    }

    /// <summary>Reads those that maintenance calls, this role owns, and that have no search path of their own.</summary>
    public static async Task<UserFunctions> ReadAsync(
        NpgsqlConnection connection, ServerInfo server, CoveredRelations relations, CancellationToken cancellationToken) =>
        new(server.Major < 17
            ? []
            : await connection.QueryAsync(
                $"""
                WITH {Callers}
                SELECT DISTINCT p.oid::pg_catalog.regprocedure::text COLLATE "C"
                FROM callers c
                JOIN pg_catalog.pg_proc p ON p.oid = c.proc
                LEFT JOIN pg_catalog.pg_index i ON c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.indexrelid = c.objid
                LEFT JOIN pg_catalog.pg_statistic_ext s ON c.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND s.oid = c.objid
                LEFT JOIN pg_catalog.pg_rewrite r ON c.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = c.objid
                WHERE (i.indrelid = ANY ($1) OR s.stxrelid = ANY ($1) OR $2 AND r.oid IS NOT NULL)
                  AND pg_catalog.pg_has_role(p.proowner, 'USAGE')
                  AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS f(setting) WHERE f.setting LIKE 'search\_path=%')
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                                  WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid = p.oid AND e.deptype = 'e')
                """,
                static row => row.GetString(0),
                cancellationToken,
                CoveredRelations.Oids(relations.Lockable.Concat(relations.MaterializedViews)),
                relations.MaterializedViews.Count > 0));

    /// <summary>Gives them the session's search path.</summary>
    public Task PinAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        ForEachAsync(connection, "SET search_path FROM CURRENT", cancellationToken);

    /// <summary>Takes it away again.</summary>
    public Task ResetAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        ForEachAsync(connection, "RESET search_path", cancellationToken);

    private async Task ForEachAsync(NpgsqlConnection connection, string change, CancellationToken cancellationToken)
    {
        foreach (var function in _functions)
        {
            await connection.ExecuteAsync($"ALTER FUNCTION {function} {change}", cancellationToken);
        }
    }
}
