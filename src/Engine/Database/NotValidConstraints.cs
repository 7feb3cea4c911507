using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Constraints that a restore is asked to put back <c>NOT VALID</c>, because the backup's rows break them.</summary>
internal static class NotValidConstraints
{
    /// <summary>Advice about constraints that rows break.</summary>
    public static string Hint(IReadOnlyList<string> names) =>
        "Repair the rows in the source and back up again, or restore with "
        + $"\"not_valid\": [{string.Join(", ", names.Select(static name => $"\"{name.Replace("\"", "\\\"", StringComparison.Ordinal)}\""))}] in config, which restores the constraints as NOT VALID: new rows are checked, these are not.";

    /// <summary>Those that were asked for, with their names on their tables.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>: a name that names none.</exception>
    public static async Task<IReadOnlyDictionary<uint, string>> FindAsync(
        NpgsqlConnection connection, CoveredRelations relations, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        if (names.Count == 0)
        {
            return new Dictionary<uint, string>();
        }

        var constraints = await connection.QueryAsync(
            """
            SELECT k.oid, n.nspname::text, COALESCE(t.relname, d.typname)::text, k.conname::text
            FROM pg_catalog.pg_constraint k
            LEFT JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
            LEFT JOIN pg_catalog.pg_type d ON d.oid = k.contypid
            JOIN pg_catalog.pg_namespace n ON n.oid = COALESCE(t.relnamespace, d.typnamespace)
            WHERE (k.conrelid = ANY ($1) OR k.contypid <> 0) AND k.conparentid = 0
              AND (k.contype = 'f' OR k.contype IN ('c', 'n') AND k.conislocal AND k.coninhcount = 0)
            """,
            static row => (Oid: row.GetFieldValue<uint>(0), Name: new[] { row.GetString(1), row.GetString(2), row.GetString(3) }),
            cancellationToken,
            CoveredRelations.Oids(relations.Lockable));
        var found = names.Select(name => (Name: name, Constraints: SettingName.Find(name, constraints, static constraint => constraint.Name))).ToList();
        return found.Where(static name => name.Constraints.Count == 0).Select(static name => name.Name).ToList() is { Count: > 0 } unknown
            ? throw new EngineException(
                EngineError.InvalidRequest,
                $"\"not_valid\" names constraints that are not a foreign key, CHECK or NOT NULL of the target's tables, or that belong to a parent table: {SchemaComparison.Join(unknown)}. Expected schema.table.constraint.")
            : found.SelectMany(static name => name.Constraints).DistinctBy(static constraint => constraint.Oid)
                .ToDictionary(static constraint => constraint.Oid, static constraint => constraint.Name[2]);
    }
}
