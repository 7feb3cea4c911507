namespace TfeBackup.Operations.Model;

/// <summary>
/// Names a secret. This, never the value, is what orchestration inputs, records and logs hold.
/// </summary>
/// <param name="Name">The secret's name in its source.</param>
/// <param name="Version">
/// The version to get; null for the current one, or in sources that know no versions.
/// </param>
public sealed record SecretReference(string Name, string? Version = null)
{
    /// <summary>The name, and the version where there is one, for messages.</summary>
    public override string ToString() => Version is null ? Name : $"{Name} (version {Version})";
}
