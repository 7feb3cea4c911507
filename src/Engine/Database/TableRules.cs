namespace TfeBackup.Engine.Database;

/// <summary>What is said to hold of the rows of one table, as queries that tell whether it does not.</summary>
internal sealed record TableRules(Relation Table)
{
    /// <summary>Names of checks, and the condition that a row which breaks one meets.</summary>
    public List<(string Name, string Condition)> Checks { get; } = [];

    /// <summary>The columns that have no nulls: their constraints' names, and the columns, quoted.</summary>
    public List<(string Name, string Column)> NotNull { get; } = [];

    public List<UniqueIndex> Unique { get; } = [];

    /// <summary>The rules of a large table: one query for all checks, and one for each index.</summary>
    /// <param name="rows">How many rows the table has; null where nobody knows.</param>
    public IEnumerable<SourceRule> Apart(long? rows)
    {
        if (Conditions().Any())
        {
            yield return new SourceRule($"SELECT EXISTS (SELECT FROM ONLY {Table.QuotedName} WHERE {string.Join(" OR ", Conditions())})", [.. RowParts()]);
        }

        foreach (var index in Unique)
        {
            yield return new SourceRule(index.Sql, [(index.Name, index.Sql)], rows is { } count ? index.Proof(Table, count) : null);
        }
    }

    /// <summary>The rules of a small table, which takes longer to plan for than to read: one query for all.</summary>
    public SourceRule Together()
    {
        var simple = Unique.Where(static index => index.IsSimple).ToArray();
        List<string> found = [.. Conditions().Any() ? (string[])[$"COALESCE(pg_catalog.bool_or({string.Join(" OR ", Conditions())}), false)"] : []];
        found.AddRange(simple.Select(static index => $"pg_catalog.count({index.Columns[0]}) <> pg_catalog.count(DISTINCT {index.Columns[0]})"));
        List<string> whole = [.. found.Count > 0 ? (string[])[$"SELECT {string.Join(" OR ", found)} FROM ONLY {Table.QuotedName}"] : []];
        whole.AddRange(Unique.Except(simple).Select(static index => index.Sql));
        return new SourceRule(
            whole.Count == 1 ? whole[0] : $"SELECT {string.Join(" OR ", whole.Select(static sql => $"({sql})"))}",
            [.. RowParts(), .. Unique.Select(static index => (index.Name, index.Sql))]);
    }

    // Not "IS NULL", which PostgreSQL does not look for where a column is said to have none.
    private IEnumerable<string> Conditions() => Checks.Select(static check => check.Condition)
        .Concat(NotNull.Count > 0 ? [$"pg_catalog.num_nulls({string.Join(", ", NotNull.Select(static column => column.Column))}) > 0"] : []);

    private IEnumerable<(string Name, string Sql)> RowParts() => Checks
        .Concat(NotNull.Select(static column => (column.Name, Condition: $"pg_catalog.num_nulls({column.Column}) > 0")))
        .Select(rule => (rule.Name, $"SELECT EXISTS (SELECT FROM ONLY {Table.QuotedName} WHERE {rule.Condition})"));

    /// <summary>A unique index.</summary>
    /// <param name="Name">Its name, for people.</param>
    /// <param name="Sql">The query that groups the rows by its keys.</param>
    /// <param name="Columns">Its keys, where they are columns, without nulls or not, whose order is the type's usual one; otherwise none.</param>
    /// <param name="HasNulls">Whether its columns may be null.</param>
    internal sealed record UniqueIndex(string Name, string Sql, IReadOnlyList<string> Columns, bool HasNulls)
    {
        /// <summary>Whether counting its different keys tells as much as grouping them.</summary>
        public bool IsSimple => Columns.Count == 1;

        /// <summary>
        /// A query that is true if every row, in the order of the keys, has a greater key than the one before, and there are as many
        /// as were read from the table, less those with nulls, which equal none. Then there are no doubles, and an index may give the order, as
        /// long as the keys are those of the rows: a scan of the index alone would give its own. Grouping millions of rows costs as much as copying them.
        /// Null where that cannot be asked.
        /// </summary>
        public string? Proof(Relation table, long rows)
        {
            if (Columns.Count == 0)
            {
                return null;
            }

            string Keys(Func<string, int, string> key) => string.Join(", ", Columns.Select(key));
            var nulls = $"pg_catalog.num_nulls({Keys(static (column, _) => column)})";
            var without = HasNulls ? $" - (SELECT pg_catalog.count(*) FROM ONLY {table.QuotedName} WHERE {nulls} > 0)" : "";
            return string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"""
                SELECT pg_catalog.count(*) = {rows}{without}
                  AND pg_catalog.count(*) FILTER (WHERE ROW({Keys(static (_, i) => $"s.k{i}")}) OPERATOR(pg_catalog.>) ROW({Keys(static (_, i) => $"s.p{i}")})) >= pg_catalog.count(*) - 1
                FROM (SELECT {Keys(static (column, i) => $"{column} AS k{i}, pg_catalog.lag({column}) OVER w AS p{i}")}
                      FROM ONLY {table.QuotedName}{(HasNulls ? $" WHERE {nulls} = 0" : "")} WINDOW w AS (ORDER BY {Keys(static (column, _) => column)})) s
                """);
        }
    }
}
