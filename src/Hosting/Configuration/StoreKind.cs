namespace TfeBackup.Hosting.Configuration;

/// <summary>Where backups are kept.</summary>
public enum StoreKind
{
    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A container of Azure Blob Storage.</summary>
    AzureBlob,
}
