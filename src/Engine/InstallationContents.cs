namespace TfeBackup.Engine;

/// <summary>The data an installation holds, as far as a restore into it is concerned.</summary>
public enum InstallationContents
{
    /// <summary>Unknown: the tables are locked, or this role cannot see all their rows.</summary>
    Unknown,

    /// <summary>It is new: no rows but the bookkeeping of migrations, no objects.</summary>
    Empty,

    /// <summary>There are objects and no rows.</summary>
    Objects,

    /// <summary>There are rows.</summary>
    Data,
}
