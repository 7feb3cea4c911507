using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// Checks that are <c>NOT VALID</c>: the source may hold older rows that break them, which such a check refuses when they
/// are loaded. Those of a table's own are dropped during the load and put back as they were; those it shares with children
/// that have them as their own too stay, and a row that breaks one is refused by name.
/// </summary>
internal sealed class UnprovenChecks
{
    private readonly IReadOnlyList<Check> _checks;

    private UnprovenChecks(IReadOnlyList<Check> checks)
    {
        _checks = checks;
    }

    public static async Task<UnprovenChecks> ReadAsync(NpgsqlConnection connection, CoveredRelations relations, CancellationToken cancellationToken) =>
        // 'n': from 18 on, NOT NULL is a constraint that can be NOT VALID.
        new(await connection.QueryAsync(
            """
            SELECT pg_catalog.format('%I.%I', n.nspname, t.relname), k.conname::text, pg_catalog.pg_get_constraintdef(k.oid),
                   pg_catalog.obj_description(k.oid, 'pg_constraint')
            FROM pg_catalog.pg_constraint k
            JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
            WHERE k.conrelid = ANY ($1) AND k.contype IN ('c', 'n') AND NOT k.convalidated AND k.conislocal AND k.coninhcount = 0
              AND NOT EXISTS (
                WITH RECURSIVE below(oid) AS (
                  SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = k.conrelid
                  UNION
                  SELECT i.inhrelid FROM below JOIN pg_catalog.pg_inherits i ON i.inhparent = below.oid)
                SELECT FROM below JOIN pg_catalog.pg_constraint c
                  ON c.conrelid = below.oid AND c.conname = k.conname AND (c.conislocal OR c.coninhcount > 1))
            ORDER BY n.nspname COLLATE "C", t.relname COLLATE "C", k.conname COLLATE "C"
            """,
            static row => new Check(row.GetString(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3)),
            cancellationToken,
            CoveredRelations.Oids(relations.Lockable)));

    public async Task SetAsideAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var check in _checks)
        {
            await connection.ExecuteAsync($"ALTER TABLE {check.Table} DROP CONSTRAINT {SqlName.Quote(check.Name)}", cancellationToken);
        }
    }

    public async Task PutBackAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var check in _checks)
        {
            await connection.ExecuteAsync($"ALTER TABLE {check.Table} ADD CONSTRAINT {SqlName.Quote(check.Name)} {check.Definition}", cancellationToken);
            if (check.Comment is not null)
            {
                await connection.ExecuteAsync(
                    $"COMMENT ON CONSTRAINT {SqlName.Quote(check.Name)} ON {check.Table} IS {SqlText.Literal(check.Comment)}", cancellationToken);
            }
        }
    }

    private sealed record Check(string Table, string Name, string Definition, string? Comment);
}
