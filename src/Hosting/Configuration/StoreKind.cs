namespace TfeBackup.Hosting.Configuration;

/// <summary>The kind of backup store.</summary>
public enum StoreKind
{
    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A container of Azure Blob Storage.</summary>
    AzureBlob,
}
