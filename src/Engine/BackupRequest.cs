using TfeBackup.Archive;

namespace TfeBackup.Engine;

/// <summary>A request for a backup.</summary>
/// <param name="Password">The password the backup is encrypted with. Not empty.</param>
/// <param name="SkipObjects">True to leave the objects out.</param>
public sealed record BackupRequest(string Password, bool SkipObjects = false)
{
    /// <summary>The work factor of the password's key; 18 takes 256 MiB for a moment, and each step doubles memory, time and the price of a guess.</summary>
    public int WorkFactor { get; init; } = new ArchiveWriterOptions().WorkFactor;

    /// <inheritdoc/>
    /// <remarks>Without the password, which a record would print.</remarks>
    public override string ToString() => $"BackupRequest {{ SkipObjects = {SkipObjects} }}";
}
