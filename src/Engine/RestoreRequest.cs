using TfeBackup.Archive;

namespace TfeBackup.Engine;

/// <summary>What a restore is asked for.</summary>
/// <param name="Password">The password the backup was made with.</param>
/// <param name="Overwrite">Whether the data the installation holds may be replaced.</param>
public sealed record RestoreRequest(string Password, bool Overwrite = false)
{
    /// <summary>Constraints that the backup's rows break, to be put back <c>NOT VALID</c>; as <c>schema.table.constraint</c>.</summary>
    public IReadOnlyList<string> NotValid { get; init; } = [];

    /// <summary>The highest work factor of the password's key that is accepted; each one more doubles memory and time, and 20 takes 1 GiB.</summary>
    public int MaxWorkFactor { get; init; } = new ArchiveReaderOptions().MaxWorkFactor;

    /// <summary>The caller's name for this restore, under which it is remembered; null for one that nobody asks about afterwards.</summary>
    public string? OperationId { get; init; }

    /// <inheritdoc/>
    /// <remarks>Without the password, which a record would print.</remarks>
    public override string ToString() => $"RestoreRequest {{ Overwrite = {Overwrite}, OperationId = {OperationId} }}";
}
