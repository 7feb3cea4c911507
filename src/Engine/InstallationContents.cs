namespace TfeBackup.Engine;

/// <summary>What an installation holds, as far as a restore into it is concerned.</summary>
public enum InstallationContents
{
    /// <summary>It cannot be told: something else has the tables, or this role may not see all their rows.</summary>
    Unknown,

    /// <summary>It is new: no rows but the bookkeeping of migrations, no objects.</summary>
    Empty,

    /// <summary>There are objects and no rows.</summary>
    Objects,

    /// <summary>There are rows.</summary>
    Data,
}
