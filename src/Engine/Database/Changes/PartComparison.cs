using System.Globalization;
using Npgsql;

namespace TfeBackup.Engine.Database.Changes;

/// <summary>
/// Finds the parts of a table whose rows are the ones that an earlier snapshot showed, without reading a value of them.
/// </summary>
/// <remarks>
/// A part is unchanged if no row visible now has an <c>xmin</c> that lies, modulo 2^32, in [xmin of the earlier snapshot, xmax of
/// this one), and as many rows are visible as then. A visible row outside that range was inserted by a transaction that had ended
/// before the earlier snapshot began; it was visible then, for a row that was deleted does not come back. With the counts equal
/// the sets are equal, and a row's version never changes. Subtransactions have larger ids than their transaction, and
/// prepared ones are in progress until they end. Freezing leaves <c>xmin</c> as it was (before 9.4 it became 2, which at worst reads a part
/// for nothing); what writes rows that are frozen from the start, or moves rows between pages, gives the table a new file.
/// Holds for heap tables on one history (<see cref="HistoryPoint.BreakSince"/>) and in one layout (<see cref="TableLayouts"/>).
/// </remarks>
internal static class PartComparison
{
    // A page of 8 KiB has room for 291 rows without columns; larger pages for as many more.
    private const int BytesPerRow = 28;

    private const ulong Ids = 1UL << 32;

    /// <summary>Reads how many parts a table has. Must be called after the snapshot was taken, so that all of its rows lie in them.</summary>
    /// <param name="connection">A connection to the database.</param>
    /// <param name="server">The server.</param>
    /// <param name="table">The table's oid.</param>
    /// <param name="pages">The pages in a part.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<long> CountPartsAsync(NpgsqlConnection connection, ServerInfo server, uint table, int pages, CancellationToken cancellationToken)
    {
        var bytes = (await connection.QueryAsync(
            "SELECT pg_catalog.pg_relation_size(t.oid) FROM pg_catalog.unnest($1::oid[]) AS t(oid)",
            static row => row.GetInt64(0),
            cancellationToken,
            new[] { table }))[0];
        var part = (long)pages * server.BlockSize;
        return (bytes + part - 1) / part;
    }

    /// <summary>Finds the parts that are unchanged.</summary>
    /// <param name="connection">A connection in the transaction whose snapshot <paramref name="now"/> is.</param>
    /// <param name="server">The server.</param>
    /// <param name="table">The table's quoted, qualified name.</param>
    /// <param name="pages">The pages in a part, now as then.</param>
    /// <param name="known">The parts as they were, at any points of the same history.</param>
    /// <param name="now">The snapshot.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The numbers of those of <paramref name="known"/> that are unchanged.</returns>
    public static async Task<HashSet<long>> FindUnchangedAsync(
        NpgsqlConnection connection,
        ServerInfo server,
        string table,
        int pages,
        IEnumerable<TablePart> known,
        HistoryPoint now,
        CancellationToken cancellationToken)
    {
        // Ids come round after 2^32: beyond that distance, every id is a newer one.
        var comparable = known.Where(part => part.Xmin <= now.Xmax && now.Xmax - part.Xmin < Ids).ToArray();
        if (comparable.Length == 0)
        {
            return [];
        }

        var numbers = comparable.Select(static part => part.Number).ToArray();
        var oldest = comparable.Select(static part => (long)(part.Xmin % Ids)).ToArray();
        var distances = comparable.Select(part => (long)(now.Xmax - part.Xmin)).ToArray();
        var counts = server.Major >= 14
            ? await connection.QueryAsync(ByRange(table, pages), ReadCounts, cancellationToken, numbers, oldest, distances)
            : await connection.QueryAsync(InOnePass(table, pages), ReadCounts, cancellationToken, numbers, oldest, distances);
        var visible = counts.ToDictionary(static count => count.Part);
        return
        [
            .. comparable.Where(part => visible.TryGetValue(part.Number, out var count) ? count.Newer == 0 && count.Rows == part.Rows : part.Rows == 0)
                .Select(static part => part.Number),
        ];
    }

    /// <summary>The query for a part's rows, in the order in which they lie.</summary>
    /// <param name="server">The server.</param>
    /// <param name="table">The table's quoted, qualified name.</param>
    /// <param name="columns">The columns as SQL text; may be empty.</param>
    /// <param name="pages">The pages in a part.</param>
    /// <param name="number">The part.</param>
    public static string Select(ServerInfo server, string table, string columns, int pages, long number)
    {
        var first = number * pages;
        return server.Major >= 14
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT {columns} FROM ONLY {table} WHERE ctid >= '({first},0)'::pg_catalog.tid AND ctid < '({first + pages},0)'::pg_catalog.tid")
            : string.Create(
                CultureInfo.InvariantCulture,
                // Before 14 only exact addresses are looked up; a range reads the whole table.
                $"""
                SELECT {columns} FROM ONLY {table} WHERE ctid = ANY (ARRAY(
                  SELECT pg_catalog.format('(%s,%s)', p, r)::pg_catalog.tid
                  FROM pg_catalog.generate_series({first}, {first + pages - 1}) AS p, pg_catalog.generate_series(1, {server.BlockSize / BytesPerRow}) AS r))
                """);
    }

    private static (long Part, long Rows, long Newer) ReadCounts(NpgsqlDataReader row) => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));

    /// <summary>Whether a row is newer: the distance of its 32-bit id from the oldest one, modulo 2^32, lies within the range.</summary>
    internal static string IsNewer(string xmin, string oldest, string distance) => $"(({xmin}::text::bigint - {oldest} + {Ids}) % {Ids}) < {distance}";

    internal static string ByRange(string table, int pages) =>
        $"""
        SELECT p.number, c.visible, c.newer
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS p(number, oldest, distance)
        CROSS JOIN LATERAL (
          SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE {IsNewer("t.xmin", "p.oldest", "p.distance")})
          FROM ONLY {table} t
          WHERE t.ctid >= ('(' || p.number * {pages} || ',0)')::pg_catalog.tid AND t.ctid < ('(' || (p.number + 1) * {pages} || ',0)')::pg_catalog.tid
        ) AS c(visible, newer)
        """;

    private static string InOnePass(string table, int pages) =>
        $"""
        SELECT p.number, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE {IsNewer("t.id", "p.oldest", "p.distance")})
        FROM (SELECT (r.ctid::text::point)[0]::bigint / {pages} AS number, r.xmin AS id FROM ONLY {table} r) t
        JOIN unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS p(number, oldest, distance) ON p.number = t.number
        GROUP BY p.number
        """;
}
