namespace TfeBackup.Engine.Database;

/// <summary>
/// The content of <c>database/schema.json</c>: the tables a backup carries and what the target must agree with. FORMAT.md
/// specifies the JSON; <see cref="DatabaseJson"/> reads and writes it.
/// </summary>
public sealed record DatabaseSchema
{
    /// <summary>The source server's version as it reports it, such as <c>15.18</c>.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>The schemas the backup covers, in configured order.</summary>
    public required IReadOnlyList<string> Schemas { get; init; }

    /// <summary>Every table that can hold rows of its own: plain tables, leaf partitions, inheritance parents and children.</summary>
    public required IReadOnlyList<TableSchema> Tables { get; init; }

    /// <summary>Every sequence: owned, identity and free ones.</summary>
    public required IReadOnlyList<SequenceSchema> Sequences { get; init; }

    /// <summary>The types, other than PostgreSQL's own, that the columns use, directly or through other types.</summary>
    public IReadOnlyList<TypeSchema> Types { get; init; } = [];

    /// <summary>The materialised views; their rows are not carried, restore refreshes those that were populated.</summary>
    public IReadOnlyList<MaterializedViewSchema> MaterializedViews { get; init; } = [];

    /// <summary>
    /// Relations of the covered schemas whose data the backup does not carry, as <c>schema.name</c>: excluded by
    /// configuration, or members of an extension.
    /// </summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>
    /// Lower-case hexadecimal SHA-256 over everything restore relies on; equal fingerprints mean that the data fits. Not over
    /// server version, physical order, statistics, privileges or indexes, nor over which columns are encrypted.
    /// </summary>
    public required string Fingerprint { get; init; }

    /// <summary>The Transit key of a column, partitions' columns included; null if it is not declared encrypted.</summary>
    /// <param name="schema">The schema's name, unquoted.</param>
    /// <param name="table">The table's name, unquoted.</param>
    /// <param name="column">The column's name, unquoted.</param>
    public string? TransitKeyOf(string schema, string table, string column) =>
        Tables.FirstOrDefault(t => t.Name == table && t.Schema == schema)?.Columns.FirstOrDefault(c => c.Name == column)?.TransitKey;

    /// <summary>The same with the <see cref="Fingerprint"/> of its content.</summary>
    public DatabaseSchema WithFingerprint() => this with { Fingerprint = SchemaFingerprint.Compute(this) };
}
