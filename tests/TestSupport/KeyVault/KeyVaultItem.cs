using System.Collections.Concurrent;
using System.Net;

namespace TfeBackup.TestSupport.KeyVault;

/// <summary>A secret with all its versions, oldest first.</summary>
internal sealed class KeyVaultItem
{
    public ConcurrentQueue<KeyVaultVersion> Versions { get; } = new();

    public DateTimeOffset? Deleted { get; set; }

    public KeyVaultVersion? Find(string? version) =>
        version is null ? Versions.Last() : Versions.FirstOrDefault(v => string.Equals(v.Id, version, StringComparison.OrdinalIgnoreCase));
}

/// <summary>One version of a secret.</summary>
internal sealed class KeyVaultVersion(string id, string value, DateTimeOffset? expires, DateTimeOffset? notBefore)
{
    public string Id => id;

    public string Value => value;

    public DateTimeOffset? Expires => expires;

    public DateTimeOffset? NotBefore => notBefore;

    public DateTimeOffset Created { get; } = DateTimeOffset.UtcNow;

    public bool Enabled { get; set; } = true;
}

/// <summary>A failure to answer with.</summary>
internal sealed record KeyVaultFault(HttpStatusCode Status, string Code, TimeSpan? RetryAfter);
