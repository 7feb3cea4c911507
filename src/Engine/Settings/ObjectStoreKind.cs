namespace TfeBackup.Engine.Settings;

/// <summary>The kind of an installation's object store.</summary>
public enum ObjectStoreKind
{
    /// <summary>In a directory: the <i>Mounted Disk</i> mode.</summary>
    Directory,

    /// <summary>In an Azure Blob container: the <i>External Services</i> mode.</summary>
    AzureBlob,
}
