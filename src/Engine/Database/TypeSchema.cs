namespace TfeBackup.Engine.Database;

/// <summary>A type that columns use and that PostgreSQL does not bring itself.</summary>
public sealed record TypeSchema
{
    /// <summary>The schema's name, unquoted.</summary>
    public required string Schema { get; init; }

    /// <summary>The type's name, unquoted.</summary>
    public required string Name { get; init; }

    /// <summary><c>enum</c>, <c>composite</c>, <c>domain</c>, <c>range</c>, <c>multirange</c> or <c>base</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// The parts its text form depends on, in order: an enum's labels, a composite's attributes as <c>name type</c> (its text is
    /// positional, so their order matters), a domain's base type, a range's subtype; empty for a base type.
    /// </summary>
    public IReadOnlyList<string> Members { get; init; } = [];
}
