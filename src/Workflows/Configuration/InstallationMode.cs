namespace TfeBackup.Workflows.Configuration;

/// <summary>How an installation's data is got at.</summary>
public enum InstallationMode
{
    /// <summary>Through the API of the service beside it. The default.</summary>
    Api,

    /// <summary>By the activities themselves, which connect to its database, object store and Vault: for external services, with nothing beside it.</summary>
    Direct,
}
