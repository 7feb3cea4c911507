namespace TfeBackup.Engine.Settings;

/// <summary>The section <c>ObjectStore</c> of an installation's settings.</summary>
public sealed class ObjectStoreSettings
{
    /// <summary>Mounted disk or Blob Storage.</summary>
    public required ObjectStoreKind Kind { get; init; }

    /// <summary>The directory, for <see cref="ObjectStoreKind.Directory"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The account's connection string, for <see cref="ObjectStoreKind.AzureBlob"/>; or <see cref="ServiceUri"/>.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Names the secret that holds the connection string, where secrets are named.</summary>
    public string? ConnectionStringSecret { get; init; }

    /// <summary>The account's blob endpoint, used with default Azure credentials.</summary>
    public Uri? ServiceUri { get; init; }

    /// <summary>The container, for <see cref="ObjectStoreKind.AzureBlob"/>.</summary>
    public string? Container { get; init; }

    /// <summary>Objects to leave out: keys, or beginnings of keys that end in a slash.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>True if objects are encrypted at rest by Vault; by default where there is a Vault.</summary>
    public required bool Encrypted { get; init; }
}
