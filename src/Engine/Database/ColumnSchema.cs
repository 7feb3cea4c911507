namespace TfeBackup.Engine.Database;

/// <summary>One column of a table's COPY data.</summary>
public sealed record ColumnSchema
{
    /// <summary>The column's name, unquoted.</summary>
    public required string Name { get; init; }

    /// <summary>Its type as <c>format_type</c> prints it with an empty search path, such as <c>numeric(10,2)</c>.</summary>
    public required string Type { get; init; }

    /// <summary>True if it is NOT NULL.</summary>
    public bool NotNull { get; init; }

    /// <summary>
    /// The Transit key its values are encrypted under at rest; null where the column is not declared encrypted. In the
    /// backup such values stand as <c>vault:plaintext:&lt;key&gt;:&lt;base64&gt;</c>.
    /// </summary>
    public string? TransitKey { get; init; }
}
