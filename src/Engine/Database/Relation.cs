namespace TfeBackup.Engine.Database;

/// <summary>A relation of the covered schemas that holds data or depends on it.</summary>
internal sealed record Relation
{
    public required uint Oid { get; init; }

    public required string Schema { get; init; }

    public required string Name { get; init; }

    /// <summary><c>pg_class.relkind</c>.</summary>
    public required char Kind { get; init; }

    /// <summary>True if its rows lie in PostgreSQL's own storage, where row addresses and pages are as documented.</summary>
    public required bool IsHeap { get; init; }

    public required bool IsReadable { get; init; }

    public required bool IsOwned { get; init; }

    /// <summary>True if policies would hide rows from this session.</summary>
    public required bool HidesRows { get; init; }

    public required bool ForcesRowSecurity { get; init; }

    public required bool IsPartition { get; init; }

    public required bool IsPopulated { get; init; }

    public required bool IsExtensionMember { get; init; }

    /// <summary>
    /// Of a member of an extension that declares it as its configuration, which users put rows into: the condition those rows
    /// meet, as <c>WHERE …</c> or empty. Null for everything else.
    /// </summary>
    public required string? ExtensionCondition { get; init; }

    /// <summary>True if it exists because of another relation: a partition, or a sequence that a column owns.</summary>
    public required bool IsPart { get; init; }

    /// <summary>
    /// True if it is the storage of a Vault that lives in the same database. Its rows belong to that Vault, whose keys no backup
    /// preserves: they are neither carried nor emptied, whatever settings say.
    /// </summary>
    public bool IsVaultStorage => Kind is 'r' or 'p' && Name is "vault_kv_store" or "vault_ha_locks";

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
