namespace TfeBackup.Engine.Database;

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
