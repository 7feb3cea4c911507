namespace TfeBackup.Hosting.Configuration;

/// <summary><c>Store</c>. Not a record: a connection string holds a key, and records print themselves.</summary>
public sealed class StoreDefinition
{
    /// <summary><c>Kind</c>.</summary>
    public required StoreKind Kind { get; init; }

    /// <summary><c>Path</c>: the directory's full path.</summary>
    public string? Path { get; init; }

    /// <summary><c>ConnectionString</c> of the storage account. A secret.</summary>
    public string? ConnectionString { get; init; }

    /// <summary><c>ServiceUri</c> of the account's blob service, used with default credentials.</summary>
    public Uri? ServiceUri { get; init; }

    /// <summary><c>Container</c>.</summary>
    public string? Container { get; init; }

    /// <summary><c>AccessTier</c>: what tier a backup's data is put into; null for the account's own.</summary>
    public StoreAccessTier? AccessTier { get; init; }

    /// <summary>
    /// <c>IndexTags</c>: whether blobs get index tags, by which the portal finds backups. Off by default: the identity then needs the data action
    /// <c>Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write</c>, which Storage Blob Data Contributor is not given.
    /// </summary>
    public bool IndexTags { get; init; }

    /// <summary>Kind and place, without credentials.</summary>
    public override string ToString() => Kind == StoreKind.Directory ? $"Directory {Path}" : $"AzureBlob {ServiceUri?.Host} {Container}";
}
