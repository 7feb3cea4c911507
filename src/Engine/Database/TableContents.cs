using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database;

/// <summary>Finds and removes the rows of tables.</summary>
internal static class TableContents
{
    private const int Batch = 200;

    /// <summary>Those of <paramref name="tables"/> that hold rows.</summary>
    public static async Task<IReadOnlyList<Relation>> HoldingRowsAsync(
        NpgsqlConnection connection, IEnumerable<Relation> tables, CancellationToken cancellationToken)
    {
        var holding = new List<Relation>();
        foreach (var batch in tables.Chunk(Batch))
        {
            var sql = string.Join(" UNION ALL ", batch.Select(static (table, index) =>
                string.Create(CultureInfo.InvariantCulture, $"SELECT {index} WHERE EXISTS (SELECT FROM ONLY {table.QuotedName})")));
            holding.AddRange(await connection.QueryAsync(sql, row => batch[row.GetInt32(0)], cancellationToken));
        }

        return holding;
    }

    /// <summary>The covered tables that hold rows, but for the bookkeeping every new installation has.</summary>
    public static Task<IReadOnlyList<Relation>> HoldingDataAsync(
        NpgsqlConnection connection, CoveredRelations relations, CancellationToken cancellationToken) =>
        HoldingRowsAsync(connection, relations.Tables.Where(table => !relations.Bookkeeping.Contains(table.Oid)), cancellationToken);

    /// <summary>
    /// Empties tables. Those that take no space are empty as they are: new storage for them and their indexes would cost more than
    /// a few rows do.
    /// </summary>
    /// <returns>Those that now have new storage, made by this transaction, and those that may still be given it.</returns>
    public static async Task<(IReadOnlyList<Relation> Truncated, IReadOnlyList<Relation> Untouched)> EmptyAsync(
        NpgsqlConnection connection, IReadOnlyList<Relation> tables, CancellationToken cancellationToken)
    {
        // TRUNCATE rebuilds every index, which makes an invalid one valid; what an operator left invalid stays so.
        var found = (await connection.QueryAsync(
            """
            SELECT t.oid, pg_catalog.pg_relation_size(t.oid) = 0,
                   EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = t.oid AND NOT (i.indisvalid AND i.indisready AND i.indislive))
            FROM pg_catalog.unnest($1::oid[]) AS t(oid)
            """,
            static row => (Oid: row.GetFieldValue<uint>(0), IsEmpty: row.GetBoolean(1), HasInvalidIndex: row.GetBoolean(2)),
            cancellationToken,
            CoveredRelations.Oids(tables))).ToDictionary(static table => table.Oid);
        var invalid = found.Values.Where(static table => table.HasInvalidIndex).Select(static table => table.Oid).ToHashSet();
        var empty = tables.Where(table => found[table.Oid].IsEmpty && table.IsHeap).ToHashSet();
        var truncated = tables.Where(table => !invalid.Contains(table.Oid) && !empty.Contains(table)).ToArray();
        if (truncated.Length > 0)
        {
            await connection.ExecuteAsync(
                $"TRUNCATE TABLE {string.Join(", ", truncated.Select(static table => $"ONLY {table.QuotedName}"))}", cancellationToken);
        }

        var deleted = tables.Where(table => invalid.Contains(table.Oid) && !empty.Contains(table)).ToArray();
        foreach (var table in deleted)
        {
            await connection.ExecuteAsync($"DELETE FROM ONLY {table.QuotedName}", cancellationToken);
        }

        if (await HoldingRowsAsync(connection, deleted, cancellationToken) is { Count: > 0 } left)
        {
            throw new EngineException(
                EngineError.Unsupported,
                $"Tables with an invalid index could not be emptied because a rule rewrites DELETE: {SchemaComparison.Join([.. left.Select(static t => t.ToString())])}. "
                + "Drop the index or the rule.");
        }

        return (truncated, [.. empty.Where(table => !invalid.Contains(table.Oid))]);
    }
}
