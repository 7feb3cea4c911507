namespace TfeBackup.Workflows.Installations;

/// <summary>Whether an installation holds data that a restore would replace.</summary>
public enum InstallationContent
{
    /// <summary>The service does not say. Treated as holding data wherever that is the safe side.</summary>
    Unknown,

    /// <summary>The service says that it is new and empty.</summary>
    Empty,

    /// <summary>The service says that it holds data.</summary>
    HoldsData,

    /// <summary>The service says that there are objects and no rows: for a backup without objects that is as good as empty.</summary>
    HoldsObjects,
}
