namespace TfeBackup.Engine;

/// <summary>A request for a backup.</summary>
/// <param name="Password">The password the backup is encrypted with. Not empty.</param>
/// <param name="SkipObjects">True to leave the objects out.</param>
public sealed record BackupRequest(string Password, bool SkipObjects = false)
{
    /// <inheritdoc/>
    /// <remarks>Without the password, which a record would print.</remarks>
    public override string ToString() => $"BackupRequest {{ SkipObjects = {SkipObjects} }}";
}
