using System.Collections.Concurrent;
using System.Globalization;

namespace TfeBackup.Engine.Database;

/// <summary>Plans the COPY statements that read the tables, largest first, so that no worker is left with a large one at the end.</summary>
internal sealed class CopyPlan
{
    private const int MaximumRanges = 4096;

    private readonly ConcurrentQueue<CopyStatement> _statements;

    private CopyPlan(IEnumerable<CopyStatement> statements, IReadOnlyDictionary<uint, CopyProgress> progress)
    {
        _statements = new(statements);
        Progress = progress;
    }

    /// <summary>How far each table has been read, by its oid.</summary>
    public IReadOnlyDictionary<uint, CopyProgress> Progress { get; }

    public bool TryTake(out CopyStatement? statement) => _statements.TryDequeue(out statement);

    public static CopyPlan Create(
        ServerInfo server,
        IReadOnlyList<Relation> relations,
        IReadOnlyList<TableSchema> tables,
        IReadOnlyDictionary<uint, TableSize> sizes,
        long rangeBytes)
    {
        var progresses = new Dictionary<uint, CopyProgress>();
        var statements = new List<(CopyStatement Statement, long Bytes)>();
        foreach (var (relation, table) in relations.Zip(tables))
        {
            var size = sizes[relation.Oid];
            var pages = size.Heap / server.BlockSize;

            // Before 14 a condition on ctid reads the whole table each time.
            var ranges = relation.IsHeap && server.Major >= 14 && size.All > rangeBytes
                ? Math.Clamp((size.All + rangeBytes - 1) / rangeBytes, 1, Math.Clamp(pages, 1, MaximumRanges))
                : 1;
            var progress = progresses[relation.Oid] = new CopyProgress((int)ranges);
            var columns = string.Join(", ", table.Columns.Select(static column => SqlName.Quote(column.Name)));
            if (ranges == 1)
            {
                var list = columns.Length == 0 ? "" : $" ({columns})";
                statements.Add((new CopyStatement(table, $"COPY {table.QuotedName}{list} TO STDOUT", progress), size.All));
                continue;
            }

            var step = (pages + ranges - 1) / ranges;
            for (var i = 0L; i < ranges; i++)
            {
                // The last range has no end: nothing depends on the size having been right.
                var condition = string.Create(CultureInfo.InvariantCulture, $"ctid >= '({i * step},0)'")
                    + (i == ranges - 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" AND ctid < '({(i + 1) * step},0)'"));
                statements.Add((
                    new CopyStatement(table, $"COPY (SELECT {columns} FROM ONLY {table.QuotedName} WHERE {condition}) TO STDOUT", progress),
                    size.All / ranges));
            }
        }

        return new CopyPlan(statements.OrderByDescending(static s => s.Bytes).Select(static s => s.Statement), progresses);
    }
}
