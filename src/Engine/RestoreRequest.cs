using TfeBackup.Archive;

namespace TfeBackup.Engine;

/// <summary>A request for a restore.</summary>
/// <param name="Password">The password the backup was made with.</param>
/// <param name="Overwrite">True if the data the installation holds may be replaced.</param>
public sealed record RestoreRequest(string Password, bool Overwrite = false)
{
    /// <summary>Constraints that the backup's rows break, to be put back <c>NOT VALID</c>; as <c>schema.table.constraint</c>.</summary>
    public IReadOnlyList<string> NotValid { get; init; } = [];

    /// <summary>The maximum work factor of the password's key; 20 takes 1 GiB, and each step doubles memory and time.</summary>
    public int MaxWorkFactor { get; init; } = new ArchiveReaderOptions().MaxWorkFactor;

    /// <summary>The caller's id for this restore, under which its outcome is recorded; null for none.</summary>
    public string? OperationId { get; init; }

    /// <inheritdoc/>
    /// <remarks>Without the password, which a record would print.</remarks>
    public override string ToString() => $"RestoreRequest {{ Overwrite = {Overwrite}, OperationId = {OperationId} }}";
}
