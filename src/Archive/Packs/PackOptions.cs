namespace TfeBackup.Archive.Packs;

/// <summary>Options of how packs and indexes are written and read. The defaults suit backups.</summary>
public sealed record PackOptions
{
    /// <summary>The length from which on a pack takes no further entry, 1 MiB to 4 GiB; one entry alone may be longer.</summary>
    public long TargetSize { get; init; } = 128L << 20;

    /// <summary>zstd's level, 1 to 19.</summary>
    public int CompressionLevel { get; init; } = 1;

    /// <summary>The number of frames compressed or decompressed at once, at most 8; each takes about 6 MiB.</summary>
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 6);

    internal void Check()
    {
        if (TargetSize is < 1 << 20 or > 4L << 30)
        {
            throw ArchiveException.InvalidRequest($"The pack size is {TargetSize} bytes; expected 1 MiB to 4 GiB.");
        }

        if (CompressionLevel is < 1 or > 19)
        {
            throw ArchiveException.InvalidRequest($"The compression level is {CompressionLevel}; expected 1 to 19.");
        }

        if (Parallelism is < 1 or > 8)
        {
            throw ArchiveException.InvalidRequest($"The parallelism is {Parallelism}; expected 1 to 8.");
        }
    }
}
