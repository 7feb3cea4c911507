namespace TfeBackup.Engine.Vault;

/// <summary>The lifetime of a Vault token, as Vault last reported it.</summary>
/// <param name="Expires">When it expires unless it is renewed (UTC); null where it never does.</param>
/// <param name="Renewable">True if Vault renews it.</param>
/// <param name="Lease">Its lifetime after a renewal.</param>
public sealed record VaultTokenLife(DateTimeOffset? Expires, bool Renewable, TimeSpan Lease)
{
    /// <summary>True if half of its lifetime is over.</summary>
    /// <param name="now">The time (UTC).</param>
    internal bool IsDue(DateTimeOffset now) => Expires - now <= Lease / 2;
}
