namespace TfeBackup.Installations;

/// <summary>The way to an installation's data.</summary>
public enum InstallationMode
{
    /// <summary>Through the API of the service beside it. The default.</summary>
    Api,

    /// <summary>By the activities themselves, which connect to its database, object store and Vault: for external services, with nothing beside it.</summary>
    Direct,
}
