namespace TfeBackup.Archive;

/// <summary>Limits on what a backup holds, which bound a reader's memory. FORMAT.md specifies them.</summary>
public static class ArchiveLimits
{
    /// <summary>
    /// The maximum size of <c>database/schema.json</c> and of <c>database/sequences.json</c>: 64 MiB. They grow with the number of tables, not with the data;
    /// this is far above any real one.
    /// </summary>
    public const int DescriptionBytes = 64 << 20;
}
