using System.Collections.Concurrent;
using TfeBackup.Engine.Database;

namespace TfeBackup.Engine.Vault;

/// <summary>
/// Counts, for each column that is declared encrypted, in how many values Vault decrypted something and how many were plain:
/// a column that never holds any ciphertext is not what its declaration says. Safe for concurrent use.
/// </summary>
internal sealed class DecryptionCounts
{
    private readonly ConcurrentDictionary<(string Table, string Column), Counter> _columns = new();

    /// <summary>The counts, by table and column in the order of their names. Nulls and empty texts are counted nowhere.</summary>
    public IReadOnlyList<(string Table, string Column, long Decrypted, long Plain)> Columns =>
    [
        .. _columns.OrderBy(static c => c.Key.Table, StringComparer.Ordinal).ThenBy(static c => c.Key.Column, StringComparer.Ordinal)
            .Select(static c => (c.Key.Table, c.Key.Column, Interlocked.Read(ref c.Value.Decrypted), Interlocked.Read(ref c.Value.Plain))),
    ];

    /// <summary>Lists every declared column, those of tables without rows as well.</summary>
    /// <param name="schema">The backup's schema.</param>
    public void Add(DatabaseSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        foreach (var table in schema.Tables)
        {
            Of(table);
        }
    }

    /// <summary>The counters of a table's columns; null for a column that is not declared encrypted.</summary>
    internal Counter?[] Of(TableSchema table) =>
        [.. table.Columns.Select(c => c.TransitKey is null ? null : _columns.GetOrAdd((table.ToString(), c.Name), static _ => new Counter()))];

    /// <summary>One column's counts.</summary>
    internal sealed class Counter
    {
        public long Decrypted;
        public long Plain;

        public void Count(bool decrypted) => Interlocked.Increment(ref decrypted ? ref Decrypted : ref Plain);
    }
}
