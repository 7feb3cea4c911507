using System.Text.Json.Serialization;

namespace TfeBackup.Engine.Database;

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

    /// <summary>The unquoted, qualified name, for people.</summary>
    public override string ToString() => $"{Schema}.{Name}";
}
