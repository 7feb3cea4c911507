namespace TfeBackup.Archive.Packs;

/// <summary>Limits that bound the memory of whoever reads packs and indexes. Writers keep to them.</summary>
internal static class IndexLimits
{
    /// <summary>The most bytes of a line of an index: an object's path, key and comment, escaped.</summary>
    public const int LineBytes = 256 << 10;

    /// <summary>The most entries of a pack. Their places are in memory while it is written or verified.</summary>
    public const int PackEntries = 1 << 16;

    /// <summary>The most packs of an index: 128 TiB of them at their usual size. Their names are in memory.</summary>
    public const int Packs = 1 << 20;
}
