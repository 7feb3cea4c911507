using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// The foreign keys of the covered tables, dropped while rows are loaded in whatever order, and put back as they were.
/// </summary>
/// <remarks>
/// Deferring them instead would keep an event a row in the server's memory; switching off their triggers takes a superuser.
/// </remarks>
internal sealed class ForeignKeys
{
    // One that does not hold has to be found among those that were put back with it.
    private const int AtOnce = 50;

    private readonly List<ForeignKey> _tops;
    private readonly ILookup<uint, ForeignKey> _children;

    private ForeignKeys(List<ForeignKey> tops, ILookup<uint, ForeignKey> children)
    {
        _tops = tops;
        _children = children;
    }

    /// <summary>Reads them, and refuses by name those that cannot be set aside or put back.</summary>
    /// <param name="connection">The connection; its search path is empty.</param>
    /// <param name="relations">The covered relations; keys of tables excluded by name are set aside with the others.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ForeignKeys> ReadAsync(NpgsqlConnection connection, CoveredRelations relations, CancellationToken cancellationToken)
    {
        var covered = CoveredRelations.Oids(relations.Lockable);
        var keys = await ReadAsync(connection, "c.conrelid = ANY ($1) OR c.confrelid = ANY ($1)", covered, cancellationToken);
        var byOid = keys.ToDictionary(static key => key.Oid);
        var known = covered.Concat(CoveredRelations.Oids(relations.Excluded)).ToHashSet();
        var problems = new List<string>();
        foreach (var key in keys)
        {
            if (!known.Contains(key.Table))
            {
                problems.Add($"{key} lies outside the covered schemas and refers to a table inside them");
            }
            else if (key.Parent != 0 && !byOid.ContainsKey(key.Parent))
            {
                problems.Add($"{key} belongs to a partitioned table outside the covered schemas");
            }
            else if (key.HasAlteredTriggers)
            {
                problems.Add($"{key} has triggers that a superuser disabled, which cannot be recreated (ALTER TABLE … ENABLE TRIGGER ALL as a superuser)");
            }
            else if (!key.IsOwned)
            {
                problems.Add($"{key} belongs to a table this role does not own");
            }
        }

        if (problems.Count > 0)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"Foreign keys prevent a restore: {SchemaComparison.Join(problems)}. "
                + "Add their tables' schemas to the setting Schemas, or drop the foreign keys until the restore is over.");
        }

        return new ForeignKeys([.. keys.Where(static key => key.Parent == 0)], keys.ToLookup(static key => key.Parent));
    }

    public Task SetAsideAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteAllAsync(_tops.Select(static key => $"ALTER TABLE {key.TableName} DROP CONSTRAINT {SqlName.Quote(key.Name)}"), cancellationToken);

    /// <summary>Adds them again, which checks the rows of all that are not <c>NOT VALID</c> or <c>NOT ENFORCED</c>.</summary>
    /// <param name="connection">The connection; its search path is empty.</param>
    /// <param name="notValid">Those to add <c>NOT VALID</c> although they were not so.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those that do not hold; then not all are in place.</returns>
    public async Task<IReadOnlyList<string>> PutBackAsync(NpgsqlConnection connection, IReadOnlySet<uint> notValid, CancellationToken cancellationToken)
    {
        var broken = new List<string>();
        foreach (var some in _tops.Chunk(AtOnce))
        {
            // One by one only to learn which does not hold.
            if (await connection.TryAsync(string.Join("; ", some.Select(key => Add(key, notValid))), cancellationToken) is not null)
            {
                broken.AddRange(await PutBackOneByOneAsync(connection, some, notValid, cancellationToken));
            }
        }

        var before = _tops.SelectMany(Below).ToList();
        if (before.Count > 0 && broken.Count == 0)
        {
            await NameChildrenAsync(connection, before, cancellationToken);
        }

        return broken;
    }

    private static async Task<IReadOnlyList<string>> PutBackOneByOneAsync(
        NpgsqlConnection connection, IEnumerable<ForeignKey> keys, IReadOnlySet<uint> notValid, CancellationToken cancellationToken)
    {
        var broken = new List<string>();
        foreach (var key in keys)
        {
            if (await connection.TryAsync(Add(key, notValid), cancellationToken) is { } error)
            {
                broken.Add(error.SqlState == PostgresErrorCodes.ForeignKeyViolation
                    ? key.FullName
                    : throw DatabaseErrors.TranslateForRows(error, $"putting back foreign key {key}"));
            }
        }

        return broken;
    }

    private static string Add(ForeignKey key, IReadOnlySet<uint> notValid)
    {
        var unproven = notValid.Contains(key.Oid) && !key.Definition.EndsWith(" NOT VALID", StringComparison.Ordinal) ? " NOT VALID" : "";
        var comment = key.Comment is null ? "" : $"; {Comment(key.TableName, key.Name, key.Comment)}";
        return $"ALTER TABLE {key.TableName} ADD CONSTRAINT {SqlName.Quote(key.Name)} {key.Definition}{unproven}{comment}";
    }

    private static string Comment(string table, string name, string comment) =>
        $"COMMENT ON CONSTRAINT {SqlName.Quote(name)} ON {table} IS {SqlText.Literal(comment)}";

    /// <summary>Gives the keys that PostgreSQL made for partitions the names and comments they had.</summary>
    private async Task NameChildrenAsync(
        NpgsqlConnection connection, List<(ForeignKey Top, ForeignKey Key)> before, CancellationToken cancellationToken)
    {
        var tables = _tops.Select(static key => key.Table).Concat(before.Select(static child => child.Key.Table)).Distinct().ToArray();
        var keys = await ReadAsync(connection, "c.conrelid = ANY ($1)", tables, cancellationToken);
        var byOid = keys.ToDictionary(static key => key.Oid);
        var now = new Dictionary<(uint, string, uint, uint), ForeignKey>();
        foreach (var key in keys.Where(static key => key.Parent != 0))
        {
            var top = key;
            while (top.Parent != 0 && byOid.TryGetValue(top.Parent, out var above))
            {
                top = above;
            }

            now[(top.Table, top.Name, key.Table, key.Referenced)] = key;
        }

        var renames = new List<(string Table, string From, string To)>();
        foreach (var (top, key) in before)
        {
            if (!now.TryGetValue((top.Table, top.Name, key.Table, key.Referenced), out var made))
            {
                throw new EngineException(EngineError.Unsupported, $"PostgreSQL did not recreate foreign key {key} of a partition exactly.");
            }

            if (made.Name != key.Name)
            {
                renames.Add((key.TableName, made.Name, key.Name));
            }
        }

        // In two steps, because names may have changed places.
        await connection.ExecuteAllAsync(renames.Select(static (rename, i) => Rename(rename.Table, rename.From, TemporaryName(i))), cancellationToken);
        await connection.ExecuteAllAsync(renames.Select(static (rename, i) => Rename(rename.Table, TemporaryName(i), rename.To)), cancellationToken);

        await connection.ExecuteAllAsync(
            before.Where(static child => child.Key.Comment is not null).Select(static child => Comment(child.Key.TableName, child.Key.Name, child.Key.Comment!)),
            cancellationToken);
    }

    private static string TemporaryName(int index) => string.Create(CultureInfo.InvariantCulture, $"tfe_backup_interim_{index}");

    private static string Rename(string table, string from, string to) =>
        $"ALTER TABLE {table} RENAME CONSTRAINT {SqlName.Quote(from)} TO {SqlName.Quote(to)}";

    private IEnumerable<(ForeignKey Top, ForeignKey Key)> Below(ForeignKey top)
    {
        var open = new Queue<ForeignKey>(_children[top.Oid]);
        while (open.TryDequeue(out var key))
        {
            yield return (top, key);
            foreach (var child in _children[key.Oid])
            {
                open.Enqueue(child);
            }
        }
    }

    private static Task<List<ForeignKey>> ReadAsync(NpgsqlConnection connection, string condition, uint[] tables, CancellationToken cancellationToken) =>
        connection.QueryAsync(
            $"""
            SELECT c.oid, c.conparentid, c.conrelid, c.confrelid, pg_catalog.format('%I.%I', n.nspname, t.relname), c.conname::text,
                   pg_catalog.pg_get_constraintdef(c.oid), pg_catalog.obj_description(c.oid, 'pg_constraint'),
                   EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = c.oid AND g.tgenabled <> 'O'),
                   pg_catalog.pg_has_role(t.relowner, 'USAGE'), pg_catalog.format('%s.%s.%s', n.nspname, t.relname, c.conname)
            FROM pg_catalog.pg_constraint c
            JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
            JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
            WHERE c.contype = 'f' AND ({condition})
            ORDER BY n.nspname COLLATE "C", t.relname COLLATE "C", c.conname COLLATE "C"
            """,
            static row => new ForeignKey
            {
                Oid = row.GetFieldValue<uint>(0),
                Parent = row.GetFieldValue<uint>(1),
                Table = row.GetFieldValue<uint>(2),
                Referenced = row.GetFieldValue<uint>(3),
                TableName = row.GetString(4),
                Name = row.GetString(5),
                Definition = row.GetString(6),
                Comment = row.IsDBNull(7) ? null : row.GetString(7),
                HasAlteredTriggers = row.GetBoolean(8),
                IsOwned = row.GetBoolean(9),
                FullName = row.GetString(10),
            },
            cancellationToken,
            tables);
}
