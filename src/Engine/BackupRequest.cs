namespace TfeBackup.Engine;

/// <summary>What a backup is asked for.</summary>
/// <param name="Password">The password the backup is encrypted with. Not empty.</param>
/// <param name="SkipObjects">Whether to leave the objects out.</param>
public sealed record BackupRequest(string Password, bool SkipObjects = false)
{
    /// <inheritdoc/>
    /// <remarks>Without the password, which a record would print.</remarks>
    public override string ToString() => $"BackupRequest {{ SkipObjects = {SkipObjects} }}";
}
