namespace TfeBackup.Engine.Database;

/// <summary>One materialised view.</summary>
public sealed record MaterializedViewSchema
{
    /// <summary>The schema's name, unquoted.</summary>
    public required string Schema { get; init; }

    /// <summary>The view's name, unquoted.</summary>
    public required string Name { get; init; }

    /// <summary>True if it held rows when the snapshot was taken; restore refreshes it then, and leaves it unpopulated otherwise.</summary>
    public bool Populated { get; init; }
}
