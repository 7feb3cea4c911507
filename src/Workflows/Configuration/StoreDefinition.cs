namespace TfeBackup.Workflows.Configuration;

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

    /// <summary>Kind and place, without credentials.</summary>
    public override string ToString() => Kind == StoreKind.Directory ? $"Directory {Path}" : $"AzureBlob {ServiceUri?.Host} {Container}";
}
