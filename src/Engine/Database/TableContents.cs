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

    /// <summary>Empties tables; returns those that now have new storage, made by this transaction.</summary>
    public static async Task<IReadOnlyList<Relation>> EmptyAsync(
        NpgsqlConnection connection, IReadOnlyList<Relation> tables, CancellationToken cancellationToken)
    {
        // TRUNCATE rebuilds every index, which makes an invalid one valid; what an operator left invalid stays so.
        var invalid = (await connection.QueryAsync(
            "SELECT DISTINCT indrelid FROM pg_catalog.pg_index WHERE indrelid = ANY ($1) AND NOT (indisvalid AND indisready AND indislive)",
            static row => row.GetFieldValue<uint>(0),
            cancellationToken,
            CoveredRelations.Oids(tables))).ToHashSet();
        var truncated = tables.Where(table => !invalid.Contains(table.Oid)).ToArray();
        if (truncated.Length > 0)
        {
            await connection.ExecuteAsync(
                $"TRUNCATE TABLE {string.Join(", ", truncated.Select(static table => $"ONLY {table.QuotedName}"))}", cancellationToken);
        }

        var deleted = tables.Where(table => invalid.Contains(table.Oid)).ToArray();
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

        return truncated;
    }
}
