namespace TfeBackup.Engine.Database;

/// <summary>A relation of the covered schemas that has or stands for data.</summary>
internal sealed record Relation
{
    public required uint Oid { get; init; }

    public required string Schema { get; init; }

    public required string Name { get; init; }

    /// <summary><c>pg_class.relkind</c>.</summary>
    public required char Kind { get; init; }

    /// <summary>Whether its rows lie in PostgreSQL's own storage, where row addresses and pages mean what the manual says.</summary>
    public required bool IsHeap { get; init; }

    public required bool IsReadable { get; init; }

    public required bool IsOwned { get; init; }

    /// <summary>Whether policies would hide rows from this session.</summary>
    public required bool HidesRows { get; init; }

    public required bool ForcesRowSecurity { get; init; }

    public required bool IsPartition { get; init; }

    public required bool IsPopulated { get; init; }

    public required bool IsExtensionMember { get; init; }

    /// <summary>Whether an extension says that users put rows into this member of it.</summary>
    public required bool IsExtensionData { get; init; }

    public required string Owner { get; init; }

    public string QuotedName => $"{SqlName.Quote(Schema)}.{SqlName.Quote(Name)}";

    public override string ToString() => $"{Schema}.{Name}";

    public string Describe() => Kind switch
    {
        'r' => $"table {this}",
        'p' => $"partitioned table {this}",
        'S' => $"sequence {this}",
        'm' => $"materialised view {this}",
        'f' => $"foreign table {this}",
        _ => $"relation {this} (of kind '{Kind}')",
    };
}
