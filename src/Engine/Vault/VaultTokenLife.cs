namespace TfeBackup.Engine.Vault;

/// <summary>How long a Vault token is good for, as Vault said last.</summary>
/// <param name="Expires">When it expires unless it is renewed (UTC); null where it never does.</param>
/// <param name="Renewable">Whether Vault renews it.</param>
/// <param name="Lease">How long it is good for after a renewal.</param>
public sealed record VaultTokenLife(DateTimeOffset? Expires, bool Renewable, TimeSpan Lease)
{
    /// <summary>Whether half of its time is over.</summary>
    /// <param name="now">The time (UTC).</param>
    internal bool IsDue(DateTimeOffset now) => Expires - now <= Lease / 2;
}
