namespace TfeBackup.Engine;

/// <summary>What a restore is asked for.</summary>
/// <param name="Password">The password the backup was made with.</param>
/// <param name="Overwrite">Whether the data the installation holds may be replaced.</param>
public sealed record RestoreRequest(string Password, bool Overwrite = false)
{
    /// <inheritdoc/>
    /// <remarks>Without the password, which a record would print.</remarks>
    public override string ToString() => $"RestoreRequest {{ Overwrite = {Overwrite} }}";
}
