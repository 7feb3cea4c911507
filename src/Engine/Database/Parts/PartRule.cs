using System.Globalization;
using System.Text;
using Npgsql;

namespace TfeBackup.Engine.Database.Parts;

/// <summary>
/// Finds the parts of a table in which rows may have changed since they were last compared, without reading a row: it counts those that are
/// visible, and looks at who inserted them (FORMAT-2.md, "Which rows changed", has the rule and its proof).
/// </summary>
/// <param name="server">The server.</param>
/// <param name="xmax">The xmax, in 64 bits, of the snapshot now.</param>
internal sealed class PartRule(ServerInfo server, long xmax)
{
    // Ranges in one statement: each costs a scan node, and what the server does for the whole is spread over them.
    private const int RangesAtOnce = 100;

    /// <summary>The first pages of the parts that must be read, in order; of all others, those known are unchanged and the rest are empty.</summary>
    /// <param name="connection">In a transaction of the snapshot.</param>
    /// <param name="table">The table's quoted and qualified name.</param>
    /// <param name="pages">The table's pages, read after the snapshot was taken.</param>
    /// <param name="pagesPerPart">The number of pages in a part.</param>
    /// <param name="known">The parts that an index of the same history and layout has, by their first pages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<long>> FindChangedAsync(
        NpgsqlConnection connection,
        string table,
        long pages,
        int pagesPerPart,
        IReadOnlyDictionary<long, KnownPart> known,
        CancellationToken cancellationToken)
    {
        var counted = server.Major >= 14
            ? await CountByRangesAsync(connection, table, pages, pagesPerPart, known, cancellationToken)
            : await CountAllAsync(connection, table, pagesPerPart, known, cancellationToken);
        var changed = counted
            .Where(part => part.Value.Newer > 0 || part.Value.Rows != (known.GetValueOrDefault(part.Key)?.Rows ?? 0))
            .Select(static part => part.Key);
        var emptied = known.Keys.Where(part => !counted.ContainsKey(part));
        return [.. changed.Concat(emptied).Order()];
    }

    /// <summary>
    /// The condition that a row was inserted by a transaction that may not have ended when a snapshot with that xmin was taken. xmin has the lower
    /// half of the number; <c>xidsend</c> gives it as four bytes, whose order is that of the numbers.
    /// </summary>
    internal string IsNewer(long snapshot)
    {
        if (xmax - snapshot >= 1L << 32)
        {
            return "true";
        }

        var first = (uint)snapshot;
        var end = (uint)xmax;
        if (first == end)
        {
            return "false";
        }

        var conjunction = first < end ? "AND" : "OR";
        return $"(pg_catalog.xidsend(xmin) OPERATOR(pg_catalog.>=) '\\x{first:x8}'::bytea {conjunction} pg_catalog.xidsend(xmin) OPERATOR(pg_catalog.<) '\\x{end:x8}'::bytea)";
    }

    private async Task<Dictionary<long, Count>> CountByRangesAsync(
        NpgsqlConnection connection,
        string table,
        long pages,
        int pagesPerPart,
        IReadOnlyDictionary<long, KnownPart> known,
        CancellationToken cancellationToken)
    {
        var counted = new Dictionary<long, Count>();
        var parts = Enumerable.Range(0, (int)((pages + pagesPerPart - 1) / pagesPerPart)).Select(part => (long)part * pagesPerPart);
        foreach (var some in parts.Chunk(RangesAtOnce))
        {
            var sql = new StringBuilder();
            foreach (var part in some)
            {
                sql.Append(sql.Length == 0 ? "" : " UNION ALL ");
                sql.Append(
                    CultureInfo.InvariantCulture,
                    $"SELECT {part}::int8, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE {Newer(known, part)}) FROM ONLY {table} ");

                // No row of the snapshot lies behind the last page.
                sql.Append(CultureInfo.InvariantCulture, $"WHERE ctid >= '({part},0)' AND ctid < '({Math.Min(part + pagesPerPart, uint.MaxValue)},0)'");
            }

            foreach (var count in await QueryAsync(connection, sql.ToString(), cancellationToken))
            {
                counted.Add(count.Part, count);
            }
        }

        return counted;
    }

    /// <summary>In one pass over the table: before 14, a condition on ctid reads the whole table each time.</summary>
    private async Task<Dictionary<long, Count>> CountAllAsync(
        NpgsqlConnection connection, string table, int pagesPerPart, IReadOnlyDictionary<long, KnownPart> known, CancellationToken cancellationToken)
    {
        // One condition for all: the oldest snapshot's. It finds more than each part's own would, and never less.
        var condition = known.Count == 0 ? "true" : IsNewer(known.Values.Min(static part => part.Snapshot));
        var sql = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT (((ctid::text::pg_catalog.point)[0])::int8 / {pagesPerPart}) * {pagesPerPart}, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE {condition})
            FROM ONLY {table} GROUP BY 1
            """);
        return (await QueryAsync(connection, sql, cancellationToken)).ToDictionary(static count => count.Part);
    }

    /// <summary>A part that is not known has changed if it has rows at all, which the count tells.</summary>
    private string Newer(IReadOnlyDictionary<long, KnownPart> known, long part) =>
        known.TryGetValue(part, out var found) ? IsNewer(found.Snapshot) : "false";

    private static Task<List<Count>> QueryAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken) =>
        connection.QueryAsync(sql, static row => new Count(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), cancellationToken);

    private sealed record Count(long Part, long Rows, long Newer);
}
