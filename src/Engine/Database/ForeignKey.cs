namespace TfeBackup.Engine.Database;

/// <summary>One row of <c>pg_constraint</c> for a foreign key; partitions have rows of their own below the user's one.</summary>
internal sealed record ForeignKey
{
    public required uint Oid { get; init; }

    /// <summary>The row above, or 0.</summary>
    public required uint Parent { get; init; }

    public required uint Table { get; init; }

    public required uint Referenced { get; init; }

    public required string TableName { get; init; }

    public required string Name { get; init; }

    public required string Definition { get; init; }

    public required string? Comment { get; init; }

    /// <summary>True if one of the triggers behind it is in a state only a superuser can have given it.</summary>
    public required bool HasAlteredTriggers { get; init; }

    public required bool IsOwned { get; init; }

    /// <summary>Its name as settings and requests have it.</summary>
    public required string FullName { get; init; }

    public override string ToString() => $"{SqlName.Quote(Name)} on {TableName}";
}
