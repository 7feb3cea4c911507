namespace TfeBackup.Archive;

/// <summary>What a backup holds at most, so that whoever reads one knows how much memory it may take. FORMAT.md prescribes it.</summary>
public static class ArchiveLimits
{
    /// <summary>
    /// The most bytes of <c>database/schema.json</c>, and of <c>database/sequences.json</c>: 64 MiB. They grow with the number of tables, not with the data;
    /// this is far above any real one.
    /// </summary>
    public const int DescriptionBytes = 64 << 20;
}
