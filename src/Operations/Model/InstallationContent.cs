namespace TfeBackup.Operations.Model;

/// <summary>The content of an installation, as far as a restore would replace it.</summary>
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
