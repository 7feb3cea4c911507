using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Checks of tables and domains that may refuse rows which are right, while they are loaded: those that call functions people
/// made, which may read tables that are not filled yet, and those that are <c>NOT VALID</c>, which older rows may break. They are
/// dropped during the load and put back as they were. Those that a table shares with children which have them as their own
/// too, and those of domains that are part of other types, cannot be put back exactly: they stay, and a row that breaks one
/// is refused by name.
/// </summary>
internal sealed class Checks
{
    private readonly IReadOnlyList<Check> _read;
    private readonly IReadOnlySet<uint> _notValid;
    private readonly List<Check> _aside = [];

    private Checks(IReadOnlyList<Check> read, IReadOnlySet<uint> notValid)
    {
        _read = read;
        _notValid = notValid;
    }

    /// <summary>Reads them.</summary>
    /// <param name="connection">The connection; its search path is empty.</param>
    /// <param name="relations">The covered relations.</param>
    /// <param name="notValid">Those to set aside in any case, and to put back <c>NOT VALID</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Checks> ReadAsync(
        NpgsqlConnection connection, CoveredRelations relations, IReadOnlySet<uint> notValid, CancellationToken cancellationToken) =>
        // 'n': from 18 on, NOT NULL is a constraint that can be NOT VALID.
        new(
            await connection.QueryAsync(
                $"""
                WITH {UserFunctions.Callers},
                checks AS (
                  SELECT k.oid, k.conname, k.convalidated, 'TABLE ' || pg_catalog.format('%I.%I', n.nspname, t.relname) AS target,
                         pg_catalog.format('%I.%I', n.nspname, t.relname) AS commented, n.nspname, t.relname
                  FROM pg_catalog.pg_constraint k
                  JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
                  WHERE k.conrelid = ANY ($1) AND k.contype IN ('c', 'n') AND k.conislocal AND k.coninhcount = 0
                    AND NOT EXISTS (
                      WITH RECURSIVE below(oid) AS (
                        SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = k.conrelid
                        UNION
                        SELECT i.inhrelid FROM below JOIN pg_catalog.pg_inherits i ON i.inhparent = below.oid)
                      SELECT FROM below JOIN pg_catalog.pg_constraint c
                        ON c.conrelid = below.oid AND c.conname = k.conname AND (c.conislocal OR c.coninhcount > 1))
                  UNION ALL
                  SELECT k.oid, k.conname, k.convalidated, 'DOMAIN ' || pg_catalog.format('%I.%I', n.nspname, d.typname),
                         'DOMAIN ' || pg_catalog.format('%I.%I', n.nspname, d.typname), n.nspname, d.typname
                  FROM pg_catalog.pg_constraint k
                  JOIN pg_catalog.pg_type d ON d.oid = k.contypid
                  JOIN pg_catalog.pg_namespace n ON n.oid = d.typnamespace
                  WHERE k.contype = 'c' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND pg_catalog.pg_has_role(d.typowner, 'USAGE')
                    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                                    WHERE e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND e.objid = d.oid AND e.deptype = 'e'))
                SELECT oid, target, commented, conname::text, pg_catalog.pg_get_constraintdef(oid), pg_catalog.obj_description(oid, 'pg_constraint'),
                       convalidated, pg_catalog.format('%s.%s.%s', nspname, relname, conname)
                FROM checks
                WHERE NOT convalidated OR oid = ANY ($2)
                  OR EXISTS (SELECT FROM callers c WHERE c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND c.objid = checks.oid)
                ORDER BY nspname COLLATE "C", relname COLLATE "C", conname COLLATE "C"
                """,
                static row => new Check(
                    row.GetFieldValue<uint>(0),
                    row.GetString(1),
                    row.GetString(2),
                    row.GetString(3),
                    row.GetString(4),
                    row.IsDBNull(5) ? null : row.GetString(5),
                    row.GetBoolean(6),
                    row.GetString(7)),
                cancellationToken,
                CoveredRelations.Oids(relations.Lockable),
                notValid.ToArray()),
            notValid);

    // Each in a savepoint of its own: after ALTER DOMAIN, PostgreSQL begins none unless the command was in one.

    /// <summary>
    /// Drops them, where a trial shows that they can be put back. The tables are empty, so that it costs nothing; the search path is
    /// the application's, for the functions that they call.
    /// </summary>
    public async Task SetAsideAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var check in _read)
        {
            var back = $"{check.Drop}; {check.Add}{(check.IsValidated ? $"; {check.Validate}" : "")}";
            if (await connection.TryAsync(back, cancellationToken) is null && await connection.TryAsync(check.Drop, cancellationToken) is null)
            {
                _aside.Add(check);
            }
        }
    }

    /// <summary>Adds them again; the search path is empty, so that their names are read as they were written.</summary>
    public async Task PutBackAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var check in _aside)
        {
            if (await connection.TryAsync(check.Add, cancellationToken) is { } error)
            {
                throw DatabaseErrors.Translate(error, $"putting back {check.FullName}");
            }

            if (check.Comment is not null)
            {
                await connection.ExecuteAsync(
                    $"COMMENT ON CONSTRAINT {SqlName.Quote(check.Name)} ON {check.Commented} IS {SqlText.Literal(check.Comment)}", cancellationToken);
            }
        }
    }

    /// <summary>Checks the rows by all that were valid; the search path is the application's, for the functions that they call.</summary>
    /// <returns>Those that do not hold.</returns>
    public async Task<IReadOnlyList<string>> ValidateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var broken = new List<string>();
        foreach (var check in _aside.Where(check => check.IsValidated && !_notValid.Contains(check.Oid)))
        {
            if (await connection.TryAsync(check.Validate, cancellationToken) is { } error)
            {
                broken.Add(error.SqlState is PostgresErrorCodes.CheckViolation or PostgresErrorCodes.NotNullViolation
                    ? check.FullName
                    : throw DatabaseErrors.TranslateForRows(error, $"checking {check.FullName}"));
            }
        }

        return broken;
    }

    private sealed record Check(
        uint Oid, string Target, string Commented, string Name, string Definition, string? Comment, bool IsValidated, string FullName)
    {
        public string Drop => $"ALTER {Target} DROP CONSTRAINT {SqlName.Quote(Name)}";

        // The definition of one that is not valid says so itself.
        public string Add => $"ALTER {Target} ADD CONSTRAINT {SqlName.Quote(Name)} {Definition}{(IsValidated ? " NOT VALID" : "")}";

        public string Validate => $"ALTER {Target} VALIDATE CONSTRAINT {SqlName.Quote(Name)}";
    }
}
