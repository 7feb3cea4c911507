namespace TfeBackup.Operations.Model;

/// <summary>A backup's data as the store has it, read from its properties and not from its content.</summary>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Committed">When it was committed.</param>
public sealed record StoredData(long Size, DateTimeOffset Committed)
{
    /// <summary>Until when the store refuses to delete it; null where it does not, or does not know.</summary>
    public DateTimeOffset? ImmutableUntil { get; init; }

    /// <summary>True if a legal hold keeps it, for no stated time.</summary>
    public bool LegalHold { get; init; }
}
