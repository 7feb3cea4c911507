using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>
/// The materialised views: emptied before the load, which also locks them, and refreshed after it in the order they depend on
/// each other. What a function reads PostgreSQL does not know; but reading an empty one fails, so it is tried again later.
/// </summary>
internal sealed class MaterializedViews
{
    private readonly IReadOnlyList<Relation> _inOrder;
    private readonly HashSet<(string, string)> _populated;

    private MaterializedViews(IReadOnlyList<Relation> inOrder, HashSet<(string, string)> populated)
    {
        _inOrder = inOrder;
        _populated = populated;
    }

    /// <summary>True if there are none.</summary>
    public bool IsEmpty => _inOrder.Count == 0;

    /// <summary>Puts them in order.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="relations">The target's relations.</param>
    /// <param name="backup">Says which were populated: after a restore, the same ones are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<MaterializedViews> ReadAsync(
        NpgsqlConnection connection, CoveredRelations relations, DatabaseSchema backup, CancellationToken cancellationToken)
    {
        var populated = backup.MaterializedViews.Where(static view => view.Populated).Select(static view => (view.Schema, view.Name)).ToHashSet();

        // Views stand between materialised ones, so their dependencies are followed as well.
        var uses = (await connection.QueryAsync(
            """
            SELECT DISTINCT r.ev_class, d.refobjid
            FROM pg_catalog.pg_rewrite r
            JOIN pg_catalog.pg_depend d
              ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
             AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
            JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
            """,
            static row => (View: row.GetFieldValue<uint>(0), Used: row.GetFieldValue<uint>(1)),
            cancellationToken)).ToLookup(static use => use.View, static use => use.Used);
        var byOid = relations.MaterializedViews.ToDictionary(static view => view.Oid);
        var inOrder = new List<Relation>();
        var seen = new HashSet<uint>();
        foreach (var view in relations.MaterializedViews)
        {
            Visit(view.Oid);
        }

        return new MaterializedViews(inOrder, populated);

        void Visit(uint oid)
        {
            if (!seen.Add(oid))
            {
                return;
            }

            foreach (var used in uses[oid])
            {
                Visit(used);
            }

            if (byOid.TryGetValue(oid, out var view))
            {
                inOrder.Add(view);
            }
        }
    }

    /// <summary>The statements that empty them.</summary>
    public string EmptyStatement() =>
        string.Join("; ", _inOrder.Select(static view => $"REFRESH MATERIALIZED VIEW {view.QuotedName} WITH NO DATA"));

    public async Task RefreshAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var left = _inOrder.Where(view => _populated.Contains((view.Schema, view.Name))).ToList();
        while (left.Count > 0)
        {
            var failed = new List<(Relation View, PostgresException Error)>();
            foreach (var view in left)
            {
                if (await connection.TryAsync($"REFRESH MATERIALIZED VIEW {view.QuotedName}", cancellationToken) is { } error)
                {
                    failed.Add((view, error));
                }
            }

            if (failed.Count == left.Count)
            {
                throw DatabaseErrors.TranslateForRows(failed[0].Error, $"refreshing {failed[0].View.Describe()}");
            }

            left = [.. failed.Select(static failure => failure.View)];
        }
    }
}
