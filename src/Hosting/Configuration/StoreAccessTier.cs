namespace TfeBackup.Hosting.Configuration;

/// <summary>
/// The access tier of stored data: the less storing costs, the more reading does. Archive is none of them: a backup in it can be read
/// only after hours.
/// </summary>
public enum StoreAccessTier
{
    /// <summary>Read often. Free to delete at any time.</summary>
    Hot,

    /// <summary>Read seldom, kept for 30 days at least.</summary>
    Cool,

    /// <summary>Hardly ever read, kept for 90 days at least.</summary>
    Cold,
}
