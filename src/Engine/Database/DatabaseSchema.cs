using System.Text.Json.Serialization;

namespace TfeBackup.Engine.Database;

/// <summary>
/// What <c>database/schema.json</c> holds: the tables a backup carries, in the order they are restored, and what the target
/// must agree with. FORMAT.md specifies the JSON.
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

    /// <summary>
    /// Lower-case hexadecimal SHA-256 over everything restore relies on; equal fingerprints mean that the data fits. Not over
    /// server version, physical order, statistics, privileges or indexes.
    /// </summary>
    public required string Fingerprint { get; init; }
}

/// <summary>One table that holds rows of its own.</summary>
public sealed record TableSchema
{
    /// <summary>The schema's name, unquoted.</summary>
    public required string Schema { get; init; }

    /// <summary>The table's name, unquoted.</summary>
    public required string Name { get; init; }

    /// <summary>The columns its COPY data has, in that order; generated columns are not among them.</summary>
    public required IReadOnlyList<ColumnSchema> Columns { get; init; }

    /// <summary>The primary key's columns, in key order; empty without one.</summary>
    public IReadOnlyList<string> PrimaryKey { get; init; } = [];

    /// <summary>The quoted, qualified name, for SQL.</summary>
    [JsonIgnore]
    public string QuotedName => $"{SqlName.Quote(Schema)}.{SqlName.Quote(Name)}";

    /// <inheritdoc/>
    public override string ToString() => $"{Schema}.{Name}";
}

/// <summary>One column of a table's COPY data.</summary>
public sealed record ColumnSchema
{
    /// <summary>The column's name, unquoted.</summary>
    public required string Name { get; init; }

    /// <summary>Its type as <c>format_type</c> prints it with an empty search path, such as <c>numeric(10,2)</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Whether it refuses nulls.</summary>
    public bool NotNull { get; init; }

    /// <summary>
    /// The Transit key its values are encrypted under at rest; null where the column is not declared encrypted. In the
    /// backup such values stand as <c>vault:plaintext:&lt;key&gt;:&lt;base64&gt;</c>.
    /// </summary>
    public string? TransitKey { get; init; }
}

/// <summary>One sequence.</summary>
public sealed record SequenceSchema
{
    /// <summary>The schema's name, unquoted.</summary>
    public required string Schema { get; init; }

    /// <summary>The sequence's name, unquoted.</summary>
    public required string Name { get; init; }

    /// <summary>Its type: <c>smallint</c>, <c>integer</c> or <c>bigint</c>.</summary>
    public required string Type { get; init; }
}
